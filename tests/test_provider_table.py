"""The table in docs/providers.md is written from a run of the tests, and never from none."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """With a page of its own."""
    spec = importlib.util.spec_from_file_location(
        "provider_table", ROOT / "scripts" / "provider_table.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "provider_table", module)
    spec.loader.exec_module(module)
    page = tmp_path / "providers.md"
    page.write_text(f"Before\n{module.BEGIN}\n\nold\n\n{module.END}\nAfter\n", encoding="utf-8")
    monkeypatch.setattr(module, "PAGE", page)
    return module


def run(script: ModuleType, monkeypatch: pytest.MonkeyPatch, cases: str) -> tuple[int, str]:
    """The exit code and the page, with these cases alone."""
    monkeypatch.setattr(sys, "argv", ["provider_table.py", "-k", cases])
    code = script.main()
    return code, script.PAGE.read_text(encoding="utf-8")


def test_rows_come_from_a_run(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    code, page = run(script, monkeypatch, "fal and test_cancel")
    assert code == 0
    assert page.startswith("Before\n")
    assert page.endswith(f"{script.END}\nAfter\n")
    rows = [line for line in page.splitlines() if line.startswith("| fal")]
    assert rows
    assert all("| stops it while it waits |" in row for row in rows)
    assert "old" not in page


def test_a_run_without_rows_leaves_the_page(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, page = run(script, monkeypatch, "a_name_that_no_test_has")
    assert code == 1
    assert "\nold\n" in page


def test_what_failed_is_said(script: ModuleType, tmp_path: Path) -> None:
    told = "".join(
        f'<property name="{name}" value="{value}"/>'
        for name, value in {
            "provider": "A",
            "mode": "text",
            "case": "test_cancel",
            "stops": "all",
            "finds": "False",
        }.items()
    )
    report = tmp_path / "report.xml"
    report.write_text(
        f"<testsuite><testcase><properties>{told}</properties><failure/></testcase></testsuite>",
        encoding="utf-8",
    )
    assert "| no: test_cancel |" in script.table(script.read(report))


def test_a_page_without_a_place_is_left_alone(script: ModuleType) -> None:
    script.PAGE.write_text("Nothing here", encoding="utf-8")
    with pytest.raises(ValueError, match="no place"):
        script.write("| a |")
    assert script.PAGE.read_text(encoding="utf-8") == "Nothing here"
