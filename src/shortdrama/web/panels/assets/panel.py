"""What the Assets panel shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shortdrama.assets.ports import AssetQuery
from shortdrama.domain.asset import Asset, AssetRole
from shortdrama.web.api.assets import asset_answer
from shortdrama.web.i18n import _
from shortdrama.web.services import Services

GROUP_LIMIT = 60  # what a person looks through beside the prompt; the library has the rest


@dataclass(frozen=True, slots=True)
class TileGroup:
    """`role` is what a file added here becomes; `total` counts those not shown too."""

    role: str
    title: str
    add_label: str
    tiles: tuple[dict[str, Any], ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class AssetsPanel:
    groups: tuple[TileGroup, ...]
    text: str
    role: str
    total: int
    max_upload_bytes: int
    browser_cache_bytes: int

    @property
    def is_empty(self) -> bool:
        """Nothing was ever brought; a search without a hit is something else."""
        return self.total == 0


def assets_panel(services: Services, text: str = "", role: AssetRole | None = None) -> AssetsPanel:
    """The panel for a search and one role, or all."""
    roles = [role] if role else [AssetRole.CAST, AssetRole.PLACE, AssetRole.PROP, AssetRole.FILE]
    groups = [_group(services, text, each) for each in roles]
    return AssetsPanel(
        groups=tuple(group for group in _joined(groups) if group.tiles or role),
        text=text,
        role=role.value if role else "",
        total=services.assets.counts()["all"],
        max_upload_bytes=services.settings.max_upload_bytes,
        browser_cache_bytes=services.settings.browser_cache_bytes,
    )


def tile(asset: Asset) -> dict[str, Any]:
    """An asset as the templates and the scripts know it: the JSON of the API."""
    return asset_answer(asset).model_dump(mode="json")


def _group(services: Services, text: str, role: AssetRole) -> TileGroup:
    page = services.assets.page(AssetQuery(text=text, role=role, limit=GROUP_LIMIT))
    title, add_label = _words(role)
    tiles = tuple(tile(asset) for asset in page.assets)
    return TileGroup(role.value, title, add_label, tiles, page.next_after is not None)


def _words(role: AssetRole) -> tuple[str, str]:
    return {
        AssetRole.CAST: (_("Cast"), _("New cast")),
        AssetRole.PLACE: (_("Places"), _("New place")),
        AssetRole.PROP: (_("Props"), _("New prop")),
        AssetRole.FILE: (_("Files"), ""),
    }[role]


def _joined(groups: list[TileGroup]) -> list[TileGroup]:
    """Props and files are one group, as long as there are props."""
    *others, last = groups
    if not (others and others[-1].tiles and last.tiles):
        return groups
    props = others.pop()
    both = TileGroup(
        role=last.role,
        title=_("Props and files"),
        add_label="",
        tiles=(*props.tiles, *last.tiles),
        has_more=props.has_more or last.has_more,
    )
    return [*others, both]
