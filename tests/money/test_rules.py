"""The rules of money, without any database."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shortdrama.domain.money import (
    MICRO,
    Buyer,
    Cap,
    Rules,
    Scope,
    check_caps,
    check_confirmed,
    dollars,
    exact_dollars,
    parse_dollars,
    per_second,
    price_of_usage,
    share_permille,
)
from shortdrama.errors import InvalidInput, OverBudget
from shortdrama.storage.db.tables import metadata

SOURCE = Path(__file__).parents[2] / "src" / "shortdrama"


@pytest.mark.parametrize(
    ("micro_usd", "words"),
    [
        (0, "$0.00"),
        (400_000, "$0.40"),
        (37_500, "$0.04"),
        (4_999, "<$0.01"),
        (5_000, "$0.01"),
        (1_234_567_890, "$1234.57"),
        (-400_000, "-$0.40"),
    ],
)
def test_amounts_in_words(micro_usd: int, words: str) -> None:
    assert dollars(micro_usd) == words


def test_an_export_loses_no_digit() -> None:
    assert exact_dollars(9_007_199_254_740_993) == "9007199254.740993"  # no float holds this
    assert exact_dollars(1) == "0.000001"


@pytest.mark.parametrize(
    ("text", "micro_usd"),
    [
        ("", None),
        ("  ", None),
        ("20", 20 * MICRO),
        ("$20.50", 20_500_000),
        ("20,50", 20_500_000),
        ("1,000", 1000 * MICRO),
        ("1,234.5", 1_234_500_000),
        ("0", 0),
        ("0.1", 100_000),
    ],
)
def test_what_people_type(text: str, micro_usd: int | None) -> None:
    assert parse_dollars(text) == micro_usd


@pytest.mark.parametrize("text", ["-1", "twenty", "1e99", "nan", "inf", "0.0000001", "9" * 30])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_dollars(text)


def test_a_cap_may_be_reached_but_not_passed() -> None:
    cap = Cap(Scope.DAY, 1_000_000, 600_000)
    check_caps([cap], 400_000, Rules())
    with pytest.raises(OverBudget) as caught:
        check_caps([cap], 400_001, Rules())
    assert caught.value.code == "cap_reached"
    assert caught.value.message.startswith("This would pass today’s cap of $1.00: $0.60 is spent")
    check_caps([Cap(Scope.DAY, 0, 600_000)], 0, Rules())  # what is free always fits


def test_without_a_price_a_cap_refuses_unless_it_was_told_to_allow() -> None:
    caps = [Cap(Scope.PROJECT, 1_000_000, 0)]
    check_caps([], None, Rules())
    check_caps(caps, None, Rules(allows_unknown_prices=True))
    with pytest.raises(OverBudget) as caught:
        check_caps(caps, None, Rules())
    assert caught.value.code == "price_unknown"


def test_a_price_above_the_threshold_needs_a_word() -> None:
    rules = Rules(ask_above_micro_usd=1_000_000)
    check_confirmed(1_000_000, rules, Buyer())
    check_confirmed(1_000_001, rules, Buyer(confirmed_micro_usd=1_000_001))
    check_confirmed(1_000_001, rules, Buyer(is_asked=False))
    check_confirmed(9_000_000, Rules(ask_above_micro_usd=None), Buyer())
    for buyer in (Buyer(), Buyer(confirmed_micro_usd=1_000_000)):
        with pytest.raises(OverBudget) as caught:
            check_confirmed(1_000_001, rules, buyer)
        assert caught.value.code == "confirmation_needed"


def test_units_become_money() -> None:
    assert price_of_usage({"credits": "25"}, {"credits": 10_000_000}) == 250_000
    assert price_of_usage({"credits": "0.5"}, {"credits": 10_000_000}) == 5_000
    assert price_of_usage({"tokens": "108900", "other": "7"}, {"tokens": 4_300}) == 468_270
    assert price_of_usage({"tokens": "108900"}, {}) is None
    assert price_of_usage({"tokens": "nan"}, {"tokens": 1}) is None


def test_shares_and_seconds_are_rounded() -> None:
    assert share_permille(1, 3) == 333
    assert share_permille(2, 3) == 667
    assert share_permille(1, 0) is None
    assert per_second(1_000_000, 3_000) == 333_333
    assert per_second(1, 0) is None


def test_no_column_of_money_is_a_float() -> None:
    money = [c for table in metadata.tables.values() for c in table.c if "micro" in c.name]
    assert len(money) >= 5
    assert {type(column.type).__name__ for column in money} == {"BigInteger"}


_MONEY = re.compile(r"micro_usd|dollars|price|cost(?!ly)|spent|cap_|budget")


def test_no_name_of_money_is_a_float() -> None:
    wrong = []
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        wrong += [f"{path.name}:{line} {name}" for name, line in _floats(tree)]
    assert wrong == []


def _floats(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Fields, parameters and results of money that are typed as floats, and divisions of money."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            named = [(node.target.id, node.annotation)]
        elif isinstance(node, ast.arg):
            named = [(node.arg, node.annotation)]
        elif isinstance(node, ast.FunctionDef):
            named = [(node.name, node.returns)]
        else:
            named = []
        for name, annotation in named:
            if annotation and _MONEY.search(name) and "float" in ast.unparse(annotation):
                yield name, node.lineno
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            text = ast.unparse(node)
            if "micro_usd" in text:
                yield text, node.lineno
