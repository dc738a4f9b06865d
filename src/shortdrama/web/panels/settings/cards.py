"""A connection as the settings page shows it: all but its key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from shortdrama.connections.figures import Figures
from shortdrama.connections.report import report
from shortdrama.connections.service import ConnectionService
from shortdrama.domain.model import ENVIRONMENT, Capability, Connection, KeySource, Mode
from shortdrama.domain.money import exact_dollars
from shortdrama.prompts.checks import spans
from shortdrama.sora2.transcript import Asked
from shortdrama.web.i18n import _, ngettext_now, say_again
from shortdrama.web.panels.prompt.price_source import price_source
from shortdrama.web.panels.settings.trial import Trial


@dataclass(frozen=True, slots=True)
class CheckLine:
    """A row of the free test, as it is shown."""

    what: str
    passed: bool | None  # None: not tried, or not to be known without paying
    says: str
    is_key: bool = False

    @property
    def ink(self) -> str:
        return {True: "ok", False: "bad", None: "accent"}[self.passed]

    @property
    def icon(self) -> str:
        return {True: "ready", False: "failed", None: "key" if self.is_key else "help"}[self.passed]


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A model of a connection, and what is known of it."""

    capability: Capability
    figures: Figures

    @property
    def facts(self) -> str:
        """ "5, 10 s · 720 × 1280 · $0.10 a second"."""
        told = [
            _("%(seconds)s s") % {"seconds": spans(self.capability.seconds)}
            if self.capability.seconds
            else "",
            ", ".join(size.replace("x", " × ") for size in self.capability.sizes[:4]),
            self._price,
        ]
        return " · ".join(part for part in told if part)

    @property
    def _price(self) -> str:
        micro = self.capability.micro_usd_per_second
        if micro is None:
            return _("Price unknown")
        if micro == 0:
            return _("Free")
        prices = {price for _size, price in self.capability.micro_usd_by_size} or {micro}
        words = [_dollars(price) for price in sorted({min(prices), max(prices)})]
        return _("%(price)s a second") % {"price": "–".join(words)}

    @property
    def price_source(self) -> str:
        return price_source(self.capability)

    @property
    def has_own(self) -> bool:
        return self.figures != Figures()

    @property
    def seconds(self) -> str:
        return ", ".join(map(str, self.figures.seconds))

    @property
    def sizes(self) -> str:
        return ", ".join(self.figures.sizes)

    @property
    def modes(self) -> list[tuple[str, str, bool]]:
        """(value, words, whether it is chosen)."""
        words = {
            Mode.TEXT: _("Text alone"),
            Mode.FIRST_FRAME: _("First frame"),
            Mode.FIRST_LAST: _("First and last frame"),
            Mode.REFERENCES: _("References"),
        }
        return [(mode.value, words[mode], mode in self.figures.modes) for mode in Mode]


@dataclass(frozen=True, slots=True)
class Card:
    """A connection, what its test said, and its models."""

    connection: Connection
    rows: tuple[CheckLine, ...] = ()
    checked_at: datetime | None = None
    models: tuple[ModelLine, ...] = ()
    needs_key: bool = False
    unfetched: int = 0  # finished clips that only this connection could fetch
    asked: tuple[Asked, ...] = ()

    @property
    def trial(self) -> Trial | None:
        """The test that costs money, once the free one has passed."""
        if not self.rows or self.failed or not self.models:
            return None
        return Trial(self.models[0].capability)

    @property
    def report(self) -> str:
        rows = ((row.what, row.passed, row.says) for row in self.rows)
        return report(self.connection, rows, self.asked)

    @property
    def is_fixed(self) -> bool:
        return self.connection.id == ENVIRONMENT

    @property
    def removal_words(self) -> str:
        """What is asked before the connection goes."""
        asked = _("Disconnect %(name)s? Its key is removed from this machine; its takes stay.")
        words = asked % {"name": self.connection.name}
        if not self.unfetched:
            return words
        lost = ngettext_now(
            "%(count)s finished clip was not downloaded: without the connection it is lost.",
            "%(count)s finished clips were not downloaded: without the connection they are lost.",
            self.unfetched,
        )
        return f"{words} {lost % {'count': self.unfetched}}"

    @property
    def failed(self) -> int:
        return sum(row.passed is False for row in self.rows)

    @property
    def open(self) -> int:
        """Rows that could not be checked without paying."""
        return sum(row.passed is None for row in self.rows)

    @property
    def checked_words(self) -> str:
        """ "Checked 12:04", with its day where that is another; "" where it was not."""
        if self.checked_at is None:
            return ""
        moment, now = self.checked_at.astimezone(), datetime.now(UTC).astimezone()
        shape = "%H:%M" if moment.date() == now.date() else "%Y-%m-%d %H:%M"
        return _("Checked %(when)s") % {"when": moment.strftime(shape)}

    @property
    def tells_key(self) -> bool:
        """Whether no line says where the key is."""
        needs_none = self.connection.key_source is KeySource.NONE and not self.needs_key
        return self.is_fixed or needs_none or any(row.is_key for row in self.rows)

    @property
    def lines(self) -> tuple[CheckLine, ...]:
        """The test's rows, and where the key is, unless the test has said so or it is fixed."""
        if self.tells_key:
            return self.rows
        return (*self.rows, CheckLine(_("Key"), None, self.key_words, is_key=True))

    @property
    def key_words(self) -> str:
        return {
            KeySource.NONE: _("No key is set."),
            KeySource.ENVIRONMENT: _("The key comes from SORA2_API_KEY."),
            KeySource.KEYRING: _("The key is in the keyring of this machine."),
            KeySource.SESSION: _(
                "This machine has no keyring: the key is kept until the studio stops."
            )
            if self.connection.has_key
            else _(
                "The key went when the studio stopped: this machine has no keyring. Enter it again."
            ),
        }[self.connection.key_source]


def _dollars(micro_usd: int) -> str:
    """At least cents: "$0.10", "$0.0035"."""
    whole, _point, part = exact_dollars(micro_usd).partition(".")
    return f"${whole}.{part.rstrip('0'):0<2}"


def card_of(connections: ConnectionService, connection: Connection) -> Card:
    """With what its last test said, where it still holds."""
    last = connections.last_check(connection)
    lines = [
        CheckLine(_(what), passed, say_again(says), what == "Key")
        for what, passed, says in (last.rows if last else ())
    ]
    models = [
        ModelLine(
            connections.capability(model, connection.id), connections.figures(connection.id, model)
        )
        for model in connection.models
    ]
    return Card(
        connection,
        tuple(lines),
        last.at if last else None,
        tuple(models),
        connections.needs_key(connection),
        connections.count_unfetched(connection.id),
        last.asked if last else (),
    )
