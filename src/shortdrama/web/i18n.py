"""Texts in the reader's language: gettext catalogues, English as written, Chinese complete.

Catalogues are read from their `.po` files once; there is no compile step. The language of a
request is chosen by the browser's `Accept-Language` and kept in a context variable, so that
`_()` works in templates, routes and error texts alike.
"""

from __future__ import annotations

import gettext
import io
import json
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from shortdrama.domain.money import dollars
from shortdrama.errors import Sentence, fill

LOCALE_FOLDER = Path(__file__).parent / "locale"
LANGUAGES = ("en", "zh_CN")
_CHINESE = ("zh_CN", "zh", "zh_Hans", "zh_Hans_CN", "zh_SG")
language: ContextVar[str] = ContextVar("language", default="en")


@cache
def catalogue(name: str) -> gettext.NullTranslations:
    if name == "en":
        return gettext.NullTranslations()
    with (LOCALE_FOLDER / f"{name}.po").open("rb") as source:
        parsed = read_po(source, locale=Locale.parse(name))
    compiled = io.BytesIO()
    write_mo(compiled, parsed)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def choose_language(accept_language: str) -> str:
    """ "en" or "zh_CN", from an `Accept-Language` header."""
    wished: list[tuple[float, int, str]] = []
    for part in accept_language.split(","):
        tag, _, parameters = part.strip().partition(";")
        wished.append((-_quality(parameters), len(wished), tag.replace("-", "_")))
    for _q, _position, tag in sorted(wished):
        if tag in _CHINESE:
            return "zh_CN"
        if negotiate_locale([tag], ["en"], sep="_"):
            return "en"
    return "en"


def _quality(parameters: str) -> float:
    _, _, value = parameters.strip().partition("q=")
    try:
        return float(value) if value else 1.0
    except ValueError:
        return 0.0


def gettext_now(message: str) -> str:
    """The message in the language of the current request."""
    return catalogue(language.get()).gettext(message) if message else message


def ngettext_now(singular: str, plural: str, count: int) -> str:
    return catalogue(language.get()).ngettext(singular, plural, count)


_ = gettext_now
_WORDS = ("what", "kind", "advice")


def money(micro_usd: int | None) -> str:
    """ "$0.40"; "free" for nothing, an empty text where the price is unknown."""
    if micro_usd is None:
        return ""
    if micro_usd == 0:
        return _("free")
    return dollars(micro_usd)


def say(template: str, details: dict[str, Any]) -> str:
    """A sentence of `shortdrama.errors`, translated and then filled in."""
    parts = {name: _(str(details[name])) for name in _WORDS if details.get(name)}
    return fill(_(template), {**details, **parts})


def say_again(text: str) -> str:
    """A text that came filled in; a `Sentence` can still be translated as a whole."""
    return say(text.template, text.details) if isinstance(text, Sentence) else _(text)


def html_language() -> str:
    return language.get().replace("_", "-")


@cache
def script_catalogue(name: str) -> bytes:
    """The whole catalogue as an ES module, for texts that the page writes by itself."""
    translations = catalogue(name)
    table = getattr(translations, "_catalog", {})
    texts = {key: value for key, value in table.items() if isinstance(key, str) and key}
    body = json.dumps(texts, ensure_ascii=False, separators=(",", ":"))
    return f"export default {body};\n".encode()
