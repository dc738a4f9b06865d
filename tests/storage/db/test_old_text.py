"""Rows that hold what no page can carry, as older versions let it in."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from shortdrama.domain.take import Failure, FailureKind, Money, TakeStatus
from shortdrama.storage.db.database import Database
from shortdrama.storage.db.old_text import read_json
from storage.samples import make_prompt, make_shot, make_take

HALF = "\ud83d"
FAILURE = Failure(FailureKind.UNKNOWN, "It broke.", Money.MAYBE, details={"said": "MARK 🎬 谢"})


def write(records: Database, column: str, value: sa.ColumnElement[str]) -> None:
    """Into all rows, past the stores. `column` is "table.column"."""
    table, _, name = column.partition(".")
    statement = sa.update(sa.table(table, sa.column(name))).values({name: value})
    with records.engine.begin() as connection:
        connection.execute(statement)


def stored(records: Database, column: str) -> str:
    table, _, name = column.partition(".")
    plain = sa.select(sa.cast(sa.column(name), sa.Text)).select_from(sa.table(table))
    with records.engine.begin() as connection:
        return str(connection.scalar(plain))


def test_json_with_half_a_pair_or_a_nul_can_be_shown(records: Database) -> None:
    with records.begin() as tx:
        take = make_take(tx, make_shot(tx), status=TakeStatus.FAILED, failure=FAILURE)
        tx.events.append("take.changed", {"note": "MARK", "MARK": ["MARK"]})
    for column in ("takes.failure", "events.data"):
        broken = stored(records, column).replace("MARK", f"{json.dumps(HALF)[1:-1]}\\u0000x")
        as_json = (
            sa.literal(broken) if records.is_sqlite else sa.literal_column(f"'{broken}'::json")
        )
        write(records, column, as_json)
    with records.read() as tx:
        read = tx.takes.get(take.id)
        (event,) = tx.events.after(0)
    assert read is not None
    assert read.failure is not None
    assert read.failure.details == {"said": "\ufffd\ufffdx 🎬 谢"}
    assert event.data == {"note": "\ufffd\ufffdx", "\ufffd\ufffdx": ["\ufffd\ufffdx"]}
    repr(read).encode()


def test_text_that_is_none_can_be_shown(records: Database) -> None:
    if not records.is_sqlite:
        pytest.skip("PostgreSQL lets no such text in")
    with records.begin() as tx:
        shot = make_shot(tx)
        prompt, take = make_prompt(tx, shot), make_take(tx, shot)
    broken = "谢\0".encode() + HALF.encode("utf-8", "surrogatepass") + b"\xff!"
    for column in ("prompts.text", "takes.prompt", "takes.provider_status", "projects.title"):
        write(records, column, sa.cast(sa.literal(broken), sa.Text))
    with records.read() as tx:
        texts = [project.title for project in tx.projects.all()]
        texts += [found.text for found in tx.prompts.page("", None, 5) if found.id == prompt.id]
        read = tx.takes.get(take.id)
    assert read is not None
    texts += [read.request.prompt, read.provider_status or ""]
    for text in texts:
        assert text.startswith("谢\ufffd")
        assert text.endswith("\ufffd!")
        assert "\0" not in text
        text.encode()


def test_whole_pairs_and_other_values_stay() -> None:
    values: tuple[object, ...] = ("🎬", {"a": [1, 2.5, None, True, "🎬\n"]}, [], "\\u0000")
    for value in values:
        assert read_json(json.dumps(value)) == value
        assert read_json(json.dumps(value).encode()) == value
