"""Tells a studio whose records are gone from a new one: a new one has nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from shortdrama.errors import SetupProblem, mark

_WORKFLOWS = "workflows.db"  # made after the records, whenever a studio starts


def need_records(file: Path) -> None:
    """Nothing where the SQLite file holds something, or where a studio begins in its folder.

    Raises:
        SetupProblem: The file is missing or empty, and a studio has been working beside it.
            Beginning anew there would hide the loss, and make what is left of it worthless.
    """
    is_there = file.exists()
    if (is_there and file.stat().st_size > 0) or not _has_worked(file.parent):
        return
    raise SetupProblem(
        "The studio's records are gone: %(path)s %(what)s, but its clips or other files still lie "
        "beside it. Nothing was changed. Start the studio on a backup instead: --data and the "
        "backup's folder, or that of its unpacked .tar file. To begin anew, give --data a new "
        "folder, or move everything in this one elsewhere.",
        code="records_gone",
        path=str(file),
        what=mark("is empty") if is_there else mark("is missing"),
    )


def _has_worked(folder: Path) -> bool:
    workflows = folder / _WORKFLOWS
    if workflows.is_file() and workflows.stat().st_size > 0:
        return True
    return next(_blobs(folder / "blobs"), None) is not None


def _blobs(folder: Path) -> Iterator[Path]:
    """Files of the store, not those of a file manager."""
    return (path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")
