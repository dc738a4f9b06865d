"""Connections: the key is kept, used and never shown; addresses are judged before use."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import anyio
import pytest

from shortdrama.connections.environment import EnvironmentConnection
from shortdrama.connections.figures import Figures, read_figures
from shortdrama.connections.forms import ConnectionForm
from shortdrama.connections.ports import Preset, PresetOption
from shortdrama.connections.service import ConnectionService
from shortdrama.domain.model import (
    BUILT_IN,
    ENVIRONMENT,
    SEED,
    VIDEOS,
    Capability,
    Connection,
    KeySource,
    Mode,
    Sound,
)
from shortdrama.errors import InvalidInput, NotFound
from shortdrama.storage.db.database import Database

KEY = "sk-made-up-for-this-test"
FORM = ConnectionForm(
    "Gateway", "https://gateway.example/v1/", ("wan-3.0", "wan-3.0", " x "), key=KEY
)


class DictVault:
    """A vault in memory that says whether it keeps for good."""

    def __init__(self, keeps: bool = True) -> None:
        self.keys: dict[str, str] = {}
        self._keeps = keeps

    def get(self, name: str) -> str | None:
        return self.keys.get(name)

    def put(self, name: str, key: str) -> bool:
        self.keys[name] = key
        return self._keeps

    def remove(self, name: str) -> None:
        self.keys.pop(name, None)


class NoProbe:
    def need_protocol(self, name: str) -> None:
        if name not in {VIDEOS, SEED}:
            raise InvalidInput("Unknown.", code="protocol_unknown")

    def presets(self) -> list[Preset]:
        papers = PresetOption("paper", "Paper", is_long=True, is_per_model=True)
        return [
            Preset(VIDEOS, "Videos", VIDEOS, needs_key=False),
            Preset(SEED, "Seed", SEED, "https://seed.example/v1", ("seed-1",), options=(papers,)),
        ]

    def capability(self, connection: Connection, model: str) -> Capability | None:
        paper = connection.options.get(f"paper:{model}", "")
        if paper == "blank":
            raise InvalidInput("The paper is blank.", code="paper")
        return Capability(model, paper, modes=(Mode.TEXT,)) if paper else None

    async def check(self, connection: Connection, key: str | None) -> list[tuple[str, bool, str]]:
        return [("Key", key == KEY, connection.base_url)]


def capability_of(model: str) -> Capability:
    return Capability(model=model, label=model)


def service(
    records: Database, vault: DictVault, environment: EnvironmentConnection | None = None
) -> ConnectionService:
    return ConnectionService(records, vault, NoProbe(), capability_of, environment)


def test_a_connection_is_kept_and_its_key_only_in_the_vault(records: Database) -> None:
    vault = DictVault()
    made = service(records, vault).connect(FORM)
    again = service(records, vault).get(made.id)
    assert (again.name, again.base_url) == ("Gateway", "https://gateway.example/v1")
    assert again.models == ("wan-3.0", "x")
    assert (again.has_key, again.key_source) == (True, KeySource.KEYRING)
    assert KEY not in repr(again)
    assert service(records, vault).key_of(again) == KEY
    with records.read() as tx:
        assert KEY not in repr(tx.events.after(0))


def test_without_a_keyring_the_key_is_said_to_be_kept_for_now(records: Database) -> None:
    made = service(records, DictVault(keeps=False)).connect(FORM)
    assert made.key_source is KeySource.SESSION


def test_a_lost_key_is_seen(records: Database) -> None:
    vault = DictVault()
    connections = service(records, vault)
    made = connections.connect(FORM)
    vault.keys.clear()
    assert not connections.get(made.id).has_key
    assert not next(c for c in connections.models() if c.connection_id == made.id).is_ready


def test_changing_the_models_keeps_the_key(records: Database) -> None:
    connections = service(records, DictVault())
    made = connections.connect(FORM)
    changed = connections.change(made.id, replace(FORM, models=("seedance-2.5",), key=""))
    assert (changed.models, changed.has_key) == (("seedance-2.5",), True)


def test_removing_takes_the_key_along(records: Database) -> None:
    vault = DictVault()
    connections = service(records, vault)
    made = connections.connect(FORM)
    connections.remove(made.id)
    assert (connections.all(), vault.keys) == ([], {})
    with pytest.raises(NotFound):
        connections.get(made.id)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"base_url": "gateway.example"}, "base_url"),
        ({"base_url": "ftp://gateway.example"}, "base_url"),
        ({"base_url": "https://u:p@gateway.example"}, "base_url"),
        ({"base_url": "https://gateway.example:99999"}, "base_url"),
        ({"base_url": "http://gateway.example"}, "base_url_insecure"),
        ({"base_url": "http://192.168.1.5:8091"}, "base_url_insecure"),
        ({"models": (" ", "")}, "models_missing"),
        ({"models": ("a\x00b",)}, "models_missing"),
        ({"auth_header": "X Key"}, "auth_header"),
        ({"auth_header": "X-Key\r\nEvil: 1"}, "auth_header"),
        ({"key": "two words"}, "key_malformed"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(
    records: Database, change: dict[str, Any], code: str
) -> None:
    vault = DictVault()
    with pytest.raises(InvalidInput) as refused:
        service(records, vault).connect(replace(FORM, **change))
    assert refused.value.code == code
    assert vault.keys == {}


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9"]
)
def test_this_machine_needs_no_tls(records: Database, url: str) -> None:
    made = service(records, DictVault()).connect(replace(FORM, base_url=url, key=""))
    assert made.base_url == url
    assert made.key_source is KeySource.NONE


def test_a_person_may_trust_a_server_of_the_house(records: Database) -> None:
    form = replace(FORM, base_url="http://192.168.1.5:8091", is_trusted=True, protocol=SEED)
    assert service(records, DictVault()).connect(form).is_trusted


def test_the_environment_is_a_connection_that_the_page_cannot_change(records: Database) -> None:
    environment = EnvironmentConnection("https://env.example/v1", "sora-2", lambda: KEY)
    connections = service(records, DictVault(), environment)
    (found,) = connections.all()
    assert (found.id, found.has_key, found.key_source) == (ENVIRONMENT, True, KeySource.ENVIRONMENT)
    assert connections.key_of(found) == KEY
    assert connections.default_choice().capability.model == "sora-2"
    with pytest.raises(InvalidInput):
        connections.remove(ENVIRONMENT)
    with pytest.raises(InvalidInput):
        connections.change(ENVIRONMENT, FORM)


def test_the_built_in_engine_is_always_the_first_choice(records: Database) -> None:
    connections = service(records, DictVault())
    assert connections.default_choice().connection_id == BUILT_IN
    with pytest.raises(InvalidInput, match="No connection offers the model nothing"):
        connections.choice("nothing", None)


def test_a_model_of_several_connections_needs_the_name_of_one(records: Database) -> None:
    """The first of them would be paid without having been asked for."""
    vault = DictVault()
    connections = service(records, vault)
    first = connections.connect(FORM)
    assert connections.choice("wan-3.0", None).connection_id == first.id
    second = connections.connect(replace(FORM, name="Other gateway"))
    with pytest.raises(InvalidInput, match="Gateway, Other gateway") as caught:
        connections.choice("wan-3.0", None)
    assert caught.value.code == "model_ambiguous"
    assert caught.value.details["candidates"] == [
        {"connection_id": first.id, "name": "Gateway"},
        {"connection_id": second.id, "name": "Other gateway"},
    ]
    assert connections.choice("wan-3.0", second.id).connection_id == second.id
    vault.keys.pop(next(iter(vault.keys)))  # without its key nothing can be ordered there
    assert connections.choice("wan-3.0", None).connection_id == second.id


def test_previz_without_a_connection_is_this_machine_s_own(records: Database) -> None:
    connections = service(records, DictVault())
    other = connections.connect(replace(FORM, models=("previz-1",)))
    assert connections.choice("previz-1", None).connection_id == BUILT_IN
    assert connections.choice("previz-1", other.id).connection_id == other.id


@pytest.mark.anyio
async def test_the_probe_gets_the_key_and_the_page_only_words(records: Database) -> None:
    connections = service(records, DictVault())
    made = connections.connect(FORM)
    told, *dry = await connections.check(made)
    assert told == ("Key", True, "https://gateway.example/v1")
    assert [(what, passed) for what, passed, _says in dry] == [("Dry request", True)] * 2
    assert "not known here. It was not sent." in dry[0][2]


def test_a_protocol_that_nobody_speaks_is_refused(records: Database) -> None:
    connections = service(records, DictVault())
    with pytest.raises(InvalidInput) as caught:
        connections.connect(replace(FORM, protocol="morse"))
    assert caught.value.code == "protocol_unknown"
    kept = connections.connect(FORM)
    with pytest.raises(InvalidInput):
        connections.change(kept.id, replace(FORM, protocol="morse"))


def test_what_a_preset_says_need_not_be_said_again(records: Database) -> None:
    connections = service(records, DictVault())
    made = connections.connect(ConnectionForm("", "", (), SEED, key=KEY))
    assert (made.base_url, made.models) == ("https://seed.example/v1", ("seed-1",))


def test_where_a_key_is_needed_it_is_asked_for(records: Database) -> None:
    connections = service(records, DictVault())
    with pytest.raises(InvalidInput) as refused:
        connections.connect(ConnectionForm("", "", (), SEED))
    assert refused.value.code == "key_missing"


def test_a_document_makes_a_model_and_goes_with_it(records: Database) -> None:
    connections = service(records, DictVault())
    papers = {"paper:one": "One", "paper:two": "Two", "note": "kept"}
    made = connections.connect(ConnectionForm("", "", (), SEED, key=KEY, options=papers))
    assert made.models == ("one", "two")
    assert connections.capability("one", made.id).label == "One"
    form = ConnectionForm("", "", ("two",), SEED, options=made.options)
    assert connections.change(made.id, form).options == {"paper:two": "Two", "note": "kept"}


def test_a_document_of_no_use_is_refused_at_once(records: Database) -> None:
    form = ConnectionForm("", "", (), SEED, key=KEY, options={"paper:one": "blank"})
    with pytest.raises(InvalidInput, match="The paper is blank"):
        service(records, DictVault()).connect(form)


def test_own_figures_are_over_the_table_and_outlive_the_studio(records: Database) -> None:
    made = service(records, DictVault()).connect(FORM)
    own = Figures(
        seconds=(10, 5, 5),
        sizes=("480x832",),
        modes=(Mode.REFERENCES, Mode.TEXT),
        max_references=3,
        micro_usd_per_second=50_000,
        has_seed=True,
    )
    service(records, DictVault()).set_figures(made.id, "wan-3.0", own)
    known = service(records, DictVault()).capability("wan-3.0", made.id)
    assert (known.seconds, known.sizes, known.max_references) == ((5, 10), ("480x832",), 3)
    assert (known.default_seconds, known.default_size) == (5, "480x832")
    assert (known.modes, known.has_seed) == ((Mode.TEXT, Mode.REFERENCES), True)
    assert known.micro_usd(10, "480x832") == 500_000
    assert service(records, DictVault()).capability("x", made.id).seconds == ()


def test_empty_figures_give_the_table_its_word_back(records: Database) -> None:
    connections = service(records, DictVault())
    made = connections.connect(FORM)
    connections.set_figures(made.id, "wan-3.0", Figures(seconds=(5,)))
    changed = connections.set_figures(made.id, "wan-3.0", Figures())
    assert changed.options == {}
    assert connections.capability("wan-3.0", made.id) == capability_of("wan-3.0")


def test_figures_go_with_their_model(records: Database) -> None:
    connections = service(records, DictVault())
    made = connections.connect(FORM)
    connections.set_figures(made.id, "x", Figures(seconds=(5,)))
    kept = connections.get(made.id)
    changed = connections.change(made.id, replace(FORM, models=("wan-3.0",), options=kept.options))
    assert changed.options == {}
    with pytest.raises(NotFound):
        connections.set_figures(made.id, "x", Figures(seconds=(5,)))


@pytest.mark.parametrize(
    "own",
    [
        Figures(seconds=(0,)),
        Figures(sizes=("9:16",)),
        Figures(micro_usd_per_second=-1),
        Figures(micro_usd_per_second=0.5),  # type: ignore[arg-type]
        Figures(max_references=1000),
    ],
)
def test_figures_that_cannot_be_are_refused(records: Database, own: Figures) -> None:
    connections = service(records, DictVault())
    made = connections.connect(FORM)
    with pytest.raises(InvalidInput):
        connections.set_figures(made.id, "x", own)


def test_kept_figures_that_nobody_can_read_are_no_figures() -> None:
    for text in ("", "[]", '{"seconds": 5}', '{"modes": ["dream"]}', '{"seconds": [0]}'):
        assert read_figures(text) == Figures()
    own = Figures(seconds=(5,), sound=Sound.SWITCH)
    assert read_figures(own.to_text()) == own


@pytest.mark.anyio
async def test_a_key_that_is_gone_is_not_told_as_one_that_was_refused(records: Database) -> None:
    vault = DictVault(keeps=False)
    connections = service(records, vault)
    made = connections.connect(FORM)
    vault.keys.clear()  # the studio was started anew on a machine without a keyring
    rows = await connections.check(connections.get(made.id))
    assert [(what, passed) for what, passed, _says in rows] == [("Key", False)]
    assert "no key of this connection" in rows[0][2]


class SlowProbe(NoProbe):
    """Says of each key what it was told to, once it is let."""

    def __init__(self) -> None:
        self.may_answer = anyio.Event()

    async def check(self, connection: Connection, key: str | None) -> list[tuple[str, bool, str]]:
        await self.may_answer.wait()
        return await super().check(connection, key)


@pytest.mark.anyio
async def test_the_last_check_is_kept_until_connection_or_key_change(records: Database) -> None:
    connections = service(records, DictVault())
    made = connections.connect(replace(FORM, key="sk-a-wrong-one"))
    assert connections.last_check(made) is None
    before = datetime.now(UTC)
    told = await connections.check(made)
    kept = connections.last_check(connections.get(made.id))
    assert kept is not None
    assert (kept.rows, kept.has_failed) == (tuple(told), True)
    assert before <= kept.at <= datetime.now(UTC)
    assert connections.failing() == {made.id}

    connections.change(made.id, FORM)  # another key
    assert connections.last_check(connections.get(made.id)) is None
    assert connections.failing() == frozenset()
    await connections.check(connections.get(made.id))
    kept = connections.last_check(connections.get(made.id))
    assert kept is not None
    assert not kept.has_failed
    connections.change(made.id, replace(FORM, base_url="https://other.example"))
    assert connections.last_check(connections.get(made.id)) is None


@pytest.mark.anyio
async def test_a_check_that_ends_after_the_key_was_changed_tells_nothing(
    records: Database,
) -> None:
    vault, probe = DictVault(), SlowProbe()
    connections = ConnectionService(records, vault, probe, capability_of)
    made = connections.connect(replace(FORM, key="sk-a-wrong-one"))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(connections.check, made)
        await anyio.wait_all_tasks_blocked()
        connections.change(made.id, FORM)
        probe.may_answer.set()
    assert connections.last_check(connections.get(made.id)) is None


@pytest.mark.anyio
async def test_own_figures_are_in_what_the_last_check_says(records: Database) -> None:
    connections = service(records, DictVault())
    made = connections.connect(FORM)
    await connections.check(made)
    connections.set_figures(made.id, "x", Figures(micro_usd_per_second=50_000))
    kept = connections.last_check(connections.get(made.id))
    assert kept is not None
    assert "4 s of 720 × 1280 from x would cost $0.20" in kept.rows[-1][2]
