"""Sizes of files and disks in words, one way everywhere; `fileSize` of the page is its twin."""

from __future__ import annotations

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def file_size(count: int) -> str:
    """Decimal units, as file managers show them: 1_500_000 → "1.5 MB"."""
    if count < 1000:
        return f"{count} bytes"
    size, unit = float(count), 0
    # What would be rounded to a thousand is one of the next unit.
    while size >= 999.5 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if size < 9.95 else f"{size:.0f} {_UNITS[unit]}"
