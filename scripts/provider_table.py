"""Writes the table of providers, modes and faults into docs/providers.md, from a run of the tests.

    .venv/bin/python scripts/provider_table.py [pytest's arguments]

A cell says what the run showed: "yes", "no" with the failed cases, "–" where a vendor has no such
case. It ends with 1 where a case failed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "providers.md"
BEGIN, END = "<!-- table: made by scripts/provider_table.py -->", "<!-- /table -->"
COLUMNS = {
    "order to whole clip": ("test_whole_way", "test_clip_by_id_alone", "test_many_at_once"),
    "answer lost": ("lost", "server_error", "unreadable"),
    "refused": ("refused", "key_refused", "busy", "no_credit"),
    "not reached": ("test_never_reached",),
    "content rules": ("test_prompt_moderated", "result_moderated"),
    "job failed": ("failed",),
    "unknown word": ("test_unknown_word",),
    "polls fail": ("test_poll_trouble", "test_job_gone"),
    "clip broken": ("test_clip_trouble", "clip_an_error", "clip_cut"),
    "cancel": ("test_cancel",),
    "lost job found": ("test_lost_job_is_found",),
}
CANCELS = {
    "all": "stops it",
    "waiting": "stops it while it waits",
    "nothing": "waits for its end",
}
MODES = {
    "text": "text",
    "first_frame": "first frame",
    "first_last": "first and last",
    "references": "references",
}


@dataclass
class Row:
    """What one provider showed in one mode, by case: "passed", "failed" or "absent"."""

    cases: dict[str, str] = field(default_factory=dict)
    stops: str = "nothing"  # "all", "waiting"
    finds: bool = False


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        run(report, sys.argv[1:])
        rows = read(report) if report.is_file() else {}
    if not rows:
        print("The run told of no provider; the table stays as it was.")
        return 1
    write(table(rows))
    failed = [name for name, row in rows.items() if "failed" in row.cases.values()]
    for provider, mode in failed:
        print(f"failed: {provider}, {mode}")
    return 1 if failed else 0


def run(report: Path, arguments: list[str]) -> None:
    """Only the contract's cases; whether they pass is read in the report."""
    cases = " or ".join(case for case in _functions())
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "tests/providers", "-k", cases),
            # Only the older form of a report tells the properties of a case.
            *(f"--junitxml={report}", "-o", "junit_family=xunit1"),
            *("-p", "no:cacheprovider", *arguments),
        ],
        cwd=ROOT,
        check=False,
    )


def _functions() -> list[str]:
    told = {case for cases in COLUMNS.values() for case in cases if case.startswith("test_")}
    by_play = {"test_submit_unclear", "test_submit_refused", "test_job_failed", "test_clip_broken"}
    return sorted(told | by_play)


def read(report: Path) -> dict[tuple[str, str], Row]:
    """Rows by provider and mode."""
    rows: dict[tuple[str, str], Row] = defaultdict(Row)
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - our own run wrote it
        told = {p.get("name", ""): p.get("value", "") for p in case.iter("property")}
        if not told.get("provider") or not told.get("mode"):
            continue
        row = rows[told["provider"], told["mode"]]
        row.stops, row.finds = told["stops"], told["finds"] == "True"
        row.cases[told["case"]] = _outcome(case)
    return dict(rows)


def _outcome(case: ET.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "absent" if case.find("skipped") is not None else "passed"


def table(rows: dict[tuple[str, str], Row]) -> str:
    head = ["provider", "mode", *COLUMNS]
    lines = [head, ["---"] * len(head)]
    for provider, mode in sorted(rows, key=lambda name: (name[0].casefold(), _place(name[1]))):
        row = rows[provider, mode]
        cells = [_cell(row, column) for column in COLUMNS]
        lines.append([provider, MODES.get(mode, mode), *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _place(mode: str) -> int:
    return list(MODES).index(mode) if mode in MODES else len(MODES)


def _cell(row: Row, column: str) -> str:
    told = {case: row.cases[case] for case in COLUMNS[column] if case in row.cases}
    failed = [case for case, outcome in told.items() if outcome == "failed"]
    if failed:
        return f"no: {', '.join(failed)}"
    if "passed" not in told.values():
        return "–"
    if column == "cancel":
        return CANCELS[row.stops]
    if column == "lost job found":
        return "yes" if row.finds else "asks you"
    return "yes"


def write(made: str) -> None:
    """Raises `ValueError` where the page has no place for it."""
    page = PAGE.read_text(encoding="utf-8")
    before, begins, rest = page.partition(BEGIN)
    _, ends, after = rest.partition(END)
    if not (begins and ends):
        raise ValueError(f"{PAGE.name} has no place for the table")
    PAGE.write_text(f"{before}{BEGIN}\n\n{made}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
