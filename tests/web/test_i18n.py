"""Languages: the browser chooses, and Chinese is complete."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from shortdrama import errors
from shortdrama.errors import NotFound, StudioError
from shortdrama.web import i18n

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh_CN"),
        ("zh", "zh_CN"),
        ("zh-Hans-CN", "zh_CN"),
        ("en-GB,zh-CN;q=0.5", "en"),
        ("fr,de;q=0.9", "en"),
        ("en;q=0.2, zh-CN;q=0.9", "zh_CN"),
        ("zh-CN;q=abc", "zh_CN"),
        (";;;,,,q=", "en"),
    ],
)
def test_the_browser_chooses(header: str, language: str) -> None:
    assert i18n.choose_language(header) == language


def test_every_text_has_a_chinese_one(tmp_path: Path) -> None:
    """Collect the texts as `make messages` does, and look each one up."""
    collected = tmp_path / "messages.pot"
    command = [str(ROOT / "scripts" / "messages"), str(collected)]
    subprocess.run(command, check=True, env={"PYTHON": sys.executable, "PATH": "/usr/bin:/bin"})
    with collected.open("rb") as source:
        wanted = {message.id for message in read_po(source) if message.id}
    with (i18n.LOCALE_FOLDER / "zh_CN.po").open("rb") as source:
        translated = {m.id: m.string for m in read_po(source, locale="zh_CN") if m.id}
    assert sorted(str(text) for text in wanted if not translated.get(text)) == []


def test_a_translation_keeps_what_is_filled_in() -> None:
    with (i18n.LOCALE_FOLDER / "zh_CN.po").open("rb") as source:
        messages = [m for m in read_po(source, locale="zh_CN") if m.id and m.string]
    parts = re.compile(r"%\(\w+\)s|\{\w*\}")
    wrong = []
    for message in messages:
        original = message.id if isinstance(message.id, str) else message.id[-1]
        text = message.string if isinstance(message.string, str) else (message.string or ("",))[0]
        if set(parts.findall(original)) != set(parts.findall(text)):
            wrong.append(original)
    assert wrong == []


@pytest.fixture
def _chinese() -> Iterator[None]:
    before = i18n.language.set("zh_CN")
    yield
    i18n.language.reset(before)


@pytest.mark.usefixtures("_chinese")
def test_a_sentence_is_translated_before_its_parts_are_filled_in() -> None:
    error = NotFound("The %(what)s is no longer there. Drop it again.", what="picture")
    assert i18n.say(error.template, error.details) == "该图片已不存在。请重新拖入。"
    assert i18n.say_again(error.message) == "该图片已不存在。请重新拖入。"


@pytest.mark.usefixtures("_chinese")
def test_a_name_is_not_taken_for_a_word() -> None:
    assert i18n.say("There is no file %(name)s.", {"name": "Sound"}) == "没有文件 Sound。"
    assert i18n.ngettext_now("%(days)s day", "%(days)s days", 30) == "%(days)s 天"


def test_no_error_sentence_is_put_together_where_it_is_raised() -> None:
    """Such a sentence could not be collected: its parts belong into `details`."""
    kinds = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, StudioError)
    } | {"Sentence", "Problem", "Failure", "mark", "_"}
    put_together = []
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                texts = node.args if node.func.id in kinds else []
                if any(isinstance(text, (ast.JoinedStr, ast.BinOp)) for text in texts):
                    put_together.append(f"{path.name}:{node.lineno}")
    assert put_together == []
