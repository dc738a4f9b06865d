"""What an `@` in the prompt offers."""

from __future__ import annotations

from shortdrama.assets.ports import AssetQuery
from shortdrama.assets.service import AssetService
from shortdrama.domain.asset import Asset, AssetKind, AssetRole

_MOST = 8
_ROLES = (AssetRole.CAST, AssetRole.PLACE, AssetRole.PROP, AssetRole.FILE)


def find_mentions(assets: AssetService, text: str, kinds: frozenset[AssetKind]) -> list[Asset]:
    """Cast, then places, props and files of these kinds, at most eight; newest first in each."""
    found: list[Asset] = []
    for role in _ROLES:
        if len(found) < _MOST:
            found += _of_role(assets, text, role, kinds)
    return found[:_MOST]


def _of_role(
    assets: AssetService, text: str, role: AssetRole, kinds: frozenset[AssetKind]
) -> list[Asset]:
    pages = [assets.page(AssetQuery(text, kind, role, limit=_MOST)) for kind in sorted(kinds)]
    some = [asset for page in pages for asset in page.assets]
    return sorted(some, key=lambda asset: asset.created_at, reverse=True)
