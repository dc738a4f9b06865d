"""What can be chosen: each model of each connection, what it can do there, which one an id means.

The tables know a model; the connection's settings and a person's own figures go over that. Where
several connections offer a model, nobody here decides which of them is paid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from shortdrama.connections import figures
from shortdrama.connections.ports import ConnectionProbe
from shortdrama.connections.presets import Presets
from shortdrama.domain.model import (
    BUILT_IN,
    PREVIZ_MODEL,
    Capability,
    Connection,
    KeySource,
    ModelChoice,
)
from shortdrama.errors import InvalidInput

CapabilityOf = Callable[[str], Capability]


class Choices:
    def __init__(
        self, probe: ConnectionProbe, presets: Presets, capability_of: CapabilityOf
    ) -> None:
        self._probe = probe
        self._presets = presets
        self._capability_of = capability_of

    def of(self, connections: Iterable[Connection]) -> list[ModelChoice]:
        """The built-in engine, then connection by connection."""
        built_in = ModelChoice(BUILT_IN, "", self._capability_of(PREVIZ_MODEL), is_ready=True)
        return [built_in, *(c for connection in connections for c in self._at(connection))]

    def capability(self, connection: Connection, model: str) -> Capability:
        """What a model can do there: by the tables, the connection's settings, and figures of a
        person's own."""
        try:
            own = self._probe.capability(connection, model)
        except InvalidInput:
            own = None  # said by the check, and again when a take is ordered
        known = own or self._capability_of(model)
        capability = figures.apply(figures.figures_of(connection, model), known)
        if model != PREVIZ_MODEL:
            return capability
        # Another server's previz must not be taken for the one of this machine.
        label = f"{capability.label} · {connection.name}"
        return replace(capability, label=label, at_once=None)

    def _at(self, connection: Connection) -> list[ModelChoice]:
        needs_key = self._presets.needs_key(connection.protocol)
        is_without = connection.key_source is KeySource.NONE and not needs_key
        is_ready = connection.has_key or is_without
        return [
            ModelChoice(
                connection.id, connection.name, self.capability(connection, model), is_ready
            )
            for model in connection.models
        ]


def chosen(model: str, choices: Sequence[ModelChoice]) -> ModelChoice:
    """The one choice that a model's id means.

    Raises:
        InvalidInput: None of them offers it; or several do (`model_ambiguous`, with the
            `candidates`).
    """
    found = _meant_by(model, choices)
    if not found:
        raise InvalidInput(
            "No connection offers the model %(model)s. Connect it in the settings.",
            code="model_unknown",
            model=model[:80],
        )
    if len(found) > 1:
        raise InvalidInput(
            "Several connections offer the model %(model)s: %(names)s. Say which one.",
            code="model_ambiguous",
            model=model[:80],
            names=", ".join(c.connection_name for c in found),
            candidates=[
                {"connection_id": c.connection_id, "name": c.connection_name} for c in found
            ],
        )
    return found[0]


def _meant_by(model: str, choices: Sequence[ModelChoice]) -> list[ModelChoice]:
    """Which of the choices a model's id alone may mean; more than one: nobody can tell.

    previz-1 is this machine's own, whoever else has one. Those without their key come to nothing,
    so they count only where there are no others.
    """
    found = [choice for choice in choices if choice.capability.model == model]
    here = [choice for choice in found if choice.connection_id == BUILT_IN]
    return here or [choice for choice in found if choice.is_ready] or found
