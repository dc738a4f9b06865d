"""Run every bench module (or those named) and print figure, bound and verdict, row by row."""

from __future__ import annotations

import importlib
import platform
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

Row = tuple[str, float, str, float | None]  # name, value, unit, upper bound or None


def main() -> int:
    """0 where every bound holds."""
    found = sorted(p.stem for p in Path(__file__).parent.glob("[a-z]*.py"))
    names = sys.argv[1:] or found
    table = Table("measured", "value", "bound", "", title=f"{platform.machine()}, {_cores()} cores")
    is_within = True
    for name in names:
        for row in importlib.import_module(f"bench.{name}").bench():
            is_within &= _add(table, row)
    Console(width=110).print(table)
    return 0 if is_within else 1


def _add(table: Table, row: Row) -> bool:
    what, value, unit, bound = row
    is_within = bound is None or value <= bound
    limit = "" if bound is None else f"≤ {bound:g} {unit}"
    table.add_row(what, f"{value:,.3g} {unit}", limit, "" if is_within else "[red]over[/]")
    return is_within


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0))


if __name__ == "__main__":
    sys.exit(main())
