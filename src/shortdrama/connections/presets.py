"""What the protocols say of a form: what is filled in where nothing was said, what can be used.

The presets are read once; a studio that is open learns no new protocol.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from shortdrama.connections.forms import ConnectionForm, checked_form, host_of
from shortdrama.connections.ports import ConnectionProbe, Preset
from shortdrama.domain.model import SEED, VIDEOS, Connection
from shortdrama.errors import InvalidInput


class Presets:
    def __init__(self, probe: ConnectionProbe) -> None:
        self._probe = probe

    def needs_key(self, protocol: str) -> bool:
        return self._of(protocol).needs_key

    def completed(self, form: ConnectionForm) -> ConnectionForm:
        """With what the protocol's preset says where nothing was said, and models of documents.

        Raises:
            InvalidInput: Nobody here speaks the protocol.
        """
        self._probe.need_protocol(form.protocol)
        preset = self._of(form.protocol)
        models = tuple(m for m in form.models if m.strip())
        models = models or _models_of_documents(form, preset) or preset.models
        base_url = form.base_url.strip() or preset.base_url
        # Servers that anybody may run are told apart by where they are, vendors by their names.
        name = form.name.strip() or ("" if form.protocol in {VIDEOS, SEED} else preset.label)
        return replace(form, name=name, base_url=base_url, models=models)

    def usable(self, form: ConnectionForm) -> Connection:
        """A connection without an id. Raises `InvalidInput`; its `code` names the field."""
        connection = checked_form(form)
        for model in connection.models:
            self._probe.capability(connection, model)
        return connection

    def refuse_closed(self, base_url: str) -> None:
        """Raises `InvalidInput` for a server that answers no more, with the reason."""
        host = host_of(base_url)
        closed = (p.closed for p in self._all if p.closed and host_of(p.base_url) == host)
        if reason := next(closed, ""):
            raise InvalidInput(reason, code="base_url")

    @cached_property
    def _all(self) -> list[Preset]:
        return self._probe.presets()

    def _of(self, protocol: str) -> Preset:
        """The protocol's own."""
        return next(
            (p for p in self._all if p.id == protocol), Preset(protocol, protocol, protocol)
        )


def _models_of_documents(form: ConnectionForm, preset: Preset) -> tuple[str, ...]:
    """A document is kept for one model, and so names it."""
    per_model = [option.name for option in preset.options if option.is_per_model]
    return tuple(
        name.partition(":")[2]
        for name in form.options
        if name.partition(":")[0] in per_model and form.options[name]
    )
