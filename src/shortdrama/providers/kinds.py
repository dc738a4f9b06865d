"""The protocols that connections may speak: those shipped here, and those of installed packages."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from shortdrama.errors import InvalidInput, SetupProblem
from shortdrama.providers.capabilities import CapabilityTable
from shortdrama.providers.kind import ProviderKind

log = logging.getLogger(__name__)
GROUP = "shortdrama.providers"
_LONGEST_POLL_S = 120
# The `provider` of each declares its `KINDS`; the order is that of the settings page.
_SHIPPED = (
    "openai_videos",
    "comfyui",
    "seedance",
    "veo",
    "wan",
    "kling",
    "runway",
    "fal",
    "replicate",
)


@dataclass(frozen=True, slots=True)
class BrokenPackage:
    """An installed provider that was left out, and why; both for a person."""

    package: str  # "its-distribution 1.0: its_module:KIND"
    reason: str


class ProviderKinds:
    """Looks protocols up by name. Modules are imported when they are first asked for."""

    def all(self) -> list[ProviderKind]:
        """Shipped ones first."""
        return list(self._read[0].values())

    def broken(self) -> list[BrokenPackage]:
        """Installed packages that cannot be used; each was logged once as well."""
        return list(self._read[1])

    def get(self, name: str) -> ProviderKind:
        """Raises `InvalidInput` for a protocol that is not there (any more)."""
        kind = self._read[0].get(name)
        if kind is None:
            raise InvalidInput(
                "The protocol %(name)s is not known here. Was its package removed?",
                code="protocol_unknown",
                name=name[:80],
            )
        return kind

    def poll_every_s(self, name: str) -> float:
        """Least seconds between two looks at one job; 0 for a protocol that is not there."""
        kind = self._read[0].get(name)
        return kind.poll_every_s if kind else 0.0

    def capability_files(self) -> list[Path]:
        """What the protocols know of their models; all of them can be read."""
        return [kind.capabilities for kind in self.all() if kind.capabilities is not None]

    @cached_property
    def _read(self) -> tuple[dict[str, ProviderKind], list[BrokenPackage]]:
        modules = [import_module(f"shortdrama.providers.{name}.provider") for name in _SHIPPED]
        kinds = {kind.name: kind for module in modules for kind in module.KINDS}
        broken = []
        for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.value):
            try:
                for kind in _kinds_of(entry):
                    # A package cannot take the place of what is there: rows of the studio rely
                    # on the names.
                    _need_new(kind, kinds)
                    kinds[kind.name] = kind
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's code must not stop the studio
                broken.append(_left_out(entry, error))
        return kinds, broken


def _kinds_of(entry: EntryPoint) -> Iterator[ProviderKind]:
    """What an entry point leads to: a `ProviderKind`, or several."""
    found = entry.load()
    for kind in found if isinstance(found, list | tuple) else (found,):
        if not isinstance(kind, ProviderKind):
            raise TypeError(f"it leads to a {type(kind).__name__}, not to a ProviderKind")
        if not 0 <= float(kind.poll_every_s) <= _LONGEST_POLL_S:
            raise ValueError(f"poll_every_s is {kind.poll_every_s}, not 0 to {_LONGEST_POLL_S}")
        if kind.capabilities is not None:
            CapabilityTable(kind.capabilities)
        yield kind.as_installed()


def _need_new(kind: ProviderKind, kinds: dict[str, ProviderKind]) -> None:
    if kind.name in kinds:
        raise ValueError(f"the protocol {kind.name!r} is there already")


def _left_out(entry: EntryPoint, error: BaseException) -> BrokenPackage:
    package = f"{entry.dist.name} {entry.dist.version}: " if entry.dist else ""
    told = error.message if isinstance(error, SetupProblem) else f"{type(error).__name__}: {error}"
    broken = BrokenPackage(f"{package}{entry.value}", told[:500])
    log.error("the provider package %s was left out: %s", broken.package, broken.reason)
    return broken
