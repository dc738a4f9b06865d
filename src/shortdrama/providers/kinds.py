"""The protocols that connections may speak: those shipped here, and those of installed packages."""

from __future__ import annotations

import logging
from functools import cached_property
from importlib import import_module
from importlib.metadata import entry_points

from shortdrama.errors import InvalidInput
from shortdrama.providers.kind import ProviderKind

log = logging.getLogger(__name__)
GROUP = "shortdrama.providers"
# Each declares its `KINDS`; the order is that of the settings page.
_SHIPPED = ("openai_videos", "comfyui", "seedance", "veo", "fal", "replicate")


class ProviderKinds:
    """Looks protocols up by name. Modules are imported when they are first asked for."""

    @cached_property
    def _by_name(self) -> dict[str, ProviderKind]:
        modules = [import_module(f"shortdrama.providers.{name}") for name in _SHIPPED]
        shipped = [kind for module in modules for kind in module.KINDS]
        # A package cannot take the place of what is shipped: rows of the studio rely on the names.
        return {kind.name: kind for kind in (*_installed(), *shipped)}

    def all(self) -> list[ProviderKind]:
        """Shipped ones first."""
        return sorted(self._by_name.values(), key=lambda kind: kind.is_installed)

    def get(self, name: str) -> ProviderKind:
        """Raises `InvalidInput` for a protocol that is not there (any more)."""
        kind = self._by_name.get(name)
        if kind is None:
            raise InvalidInput(
                "The protocol %(name)s is not known here. Was its package removed?",
                code="protocol_unknown",
                name=name[:80],
            )
        return kind


def _installed() -> list[ProviderKind]:
    found = []
    for entry in entry_points(group=GROUP):
        try:
            kind = entry.load()
        except Exception as error:  # noqa: BLE001 - a stranger's package must not stop the studio
            log.error("the provider package %s cannot be loaded: %r", entry.value, error)
            continue
        if isinstance(kind, ProviderKind):
            found.append(kind.as_installed())
        else:
            log.error("%s is not a ProviderKind; it was left out", entry.value)
    return found
