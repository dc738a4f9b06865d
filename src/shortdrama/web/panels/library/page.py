"""What the library page shows for an address."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from shortdrama.assets.ports import AssetQuery
from shortdrama.domain.asset import Asset
from shortdrama.web.i18n import _
from shortdrama.web.panels.assets.panel import tile
from shortdrama.web.services import Services

FIRST_TILES = 40  # about one screen; the grid asks for the next page while these are looked at
_TAGS_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Filter:
    """A line of the filter list; `key` is "all", a role, a kind or "trash"."""

    key: str
    label: str
    icon: str
    href: str
    count: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class Section:
    label: str
    tiles: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class LibraryPage:
    query: AssetQuery
    filters: tuple[Filter, ...]
    tags: tuple[tuple[str, bool], ...]
    sections: tuple[Section, ...]
    next_after: str
    is_empty: bool
    disk_used_bytes: int
    disk_bytes: int
    max_upload_bytes: int
    browser_cache_bytes: int


def library_page(services: Services, query: AssetQuery) -> LibraryPage:
    page = services.assets.page(query)
    counts = services.assets.counts()
    disk = shutil.disk_usage(services.settings.data)
    return LibraryPage(
        query=query,
        filters=tuple(_filters(query, counts)),
        tags=tuple(_tags(services, query)),
        sections=tuple(_sections(query, page.assets)),
        next_after=page.next_after or "",
        is_empty=counts["all"] + counts["trash"] == 0,
        disk_used_bytes=disk.total - disk.free,  # what is set aside for the system is not to be had
        disk_bytes=disk.total,
        max_upload_bytes=services.settings.max_upload_bytes,
        browser_cache_bytes=services.settings.browser_cache_bytes,
    )


def age(created_at: datetime, now: datetime) -> str:
    """The heading under which a file of this age stands; `grid-rows.js` does the same."""
    days = (now.astimezone().date() - created_at.astimezone().date()).days
    if days <= 0:
        return _("Today")
    return _("This week") if days < timedelta(weeks=1).days else _("Earlier")


def _sections(query: AssetQuery, assets: Iterable[Asset]) -> Iterable[Section]:
    now = datetime.now(UTC)
    has_ages = query.sort in {"newest", "oldest"}
    for label, group in groupby(assets, lambda a: age(a.created_at, now) if has_ages else ""):
        yield Section(label, tuple(tile(asset) for asset in group))


def _filters(query: AssetQuery, counts: dict[str, int]) -> Iterable[Filter]:
    current = "trash" if query.in_trash else query.role or query.kind or "all"
    for key, label, icon, parameters in (
        ("all", _("All"), "assets", {}),
        ("cast", _("Cast"), "face", {"role": "cast"}),
        ("place", _("Places"), "place", {"role": "place"}),
        ("prop", _("Props"), "prop", {"role": "prop"}),
        ("picture", _("Pictures"), "picture", {"kind": "picture"}),
        ("video", _("Video"), "clipv", {"kind": "video"}),
        ("sound", _("Sound"), "sound", {"kind": "sound"}),
        ("script", _("Scripts"), "words", {"kind": "script"}),
        ("trash", _("Trash"), "trash", {"trash": "1"}),
    ):
        href = "/library" + (f"?{urlencode(parameters)}" if parameters else "")
        yield Filter(key, label, icon, href, counts.get(key, 0), key == current)


def _tags(services: Services, query: AssetQuery) -> Iterable[tuple[str, bool]]:
    """The most used tags, and those that are filtered by; True where pressed."""
    used = [tag for tag, _count in services.assets.tags()][:_TAGS_SHOWN]
    for tag in dict.fromkeys((*query.tags, *used)):
        yield tag, tag in query.tags
