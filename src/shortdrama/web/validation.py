"""What is wrong with a request's fields, in the house's words instead of the checker's own.

Pure. Called by the HTTP boundary; the checker's codes and limits stay beside each sentence, for
programs. What was sent is never repeated: it may hold a key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shortdrama.errors import mark

_SOURCES = {"body", "query", "path", "header", "cookie"}
_LIMITS = ("min_length", "max_length", "ge", "gt", "le", "lt", "expected", "pattern")
_KINDS = {
    "string": mark("a text"),
    "int": mark("a whole number"),
    "float": mark("a number"),
    "bool": mark("true or false"),
    "list": mark("a list"),
    "dict": mark("an object"),
    "model": mark("an object"),
    "bytes": mark("a file"),
    "datetime": mark("a date and time"),
}
# Codes and limits: pydantic's documentation, "Validation errors".
_SENTENCES = {
    "missing": mark("“%(field)s” is missing."),
    "extra_forbidden": mark("“%(field)s” is not known here."),
    "string_too_long": mark("“%(field)s” can have %(max_length)s characters at most."),
    "string_too_short": mark("“%(field)s” needs at least %(min_length)s characters."),
    "too_long": mark("“%(field)s” can have %(max_length)s entries at most."),
    "too_short": mark("“%(field)s” needs at least %(min_length)s entries."),
    "greater_than_equal": mark("“%(field)s” has to be %(ge)s or more."),
    "greater_than": mark("“%(field)s” has to be more than %(gt)s."),
    "less_than_equal": mark("“%(field)s” has to be %(le)s or less."),
    "less_than": mark("“%(field)s” has to be less than %(lt)s."),
    "enum": mark("“%(field)s” has to be one of these: %(expected)s."),
    "literal_error": mark("“%(field)s” has to be one of these: %(expected)s."),
    "int_parsing_size": mark("“%(field)s” is too large a number."),
    "finite_number": mark("“%(field)s” has to be a number that ends."),
}
_NO_BODY = mark("The request needs a body.")
_NO_JSON = mark("The request's body is not valid JSON.")
_EMPTY = mark("“%(field)s” cannot be empty.")
_WRONG_TYPE = mark("“%(field)s” has to be %(kind)s.")
_WRONG_FORM = mark("“%(field)s” does not have the right form.")


@dataclass(frozen=True, slots=True)
class WrongField:
    """One thing that is wrong. `template` and `details` are filled in by `i18n.say`."""

    where: tuple[str, ...]  # such as ("body", "references", "0")
    code: str  # the checker's
    template: str
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def limits(self) -> dict[str, Any]:
        return {name: self.details[name] for name in _LIMITS if name in self.details}


def read_problems(
    problems: Iterable[Mapping[str, Any]], labels: Mapping[str, str] | None = None
) -> list[WrongField]:
    """The checker's list as sentences. `labels` are what a page calls its fields."""
    return [_read(problem, labels or {}) for problem in problems]


def _read(problem: Mapping[str, Any], labels: Mapping[str, str]) -> WrongField:
    code, where = str(problem["type"]), tuple(str(step) for step in problem["loc"])
    context = problem.get("ctx", {})
    details = {name: context[name] for name in _LIMITS if name in context}
    path = where[1:] if where and where[0] in _SOURCES else where
    name = ".".join(path)
    details["field"] = labels.get(name, name)
    if code == "json_invalid":
        return WrongField(where[:1], code, _NO_JSON)
    if not path:
        return WrongField(where, code, _NO_BODY)
    kind = _kind(code)
    if kind:
        return WrongField(where, code, _WRONG_TYPE, details | {"kind": kind})
    if code in {"string_too_short", "too_short"} and details.get("min_length") == 1:
        return WrongField(where, code, _EMPTY, details)
    return WrongField(where, code, _SENTENCES.get(code, _WRONG_FORM), details)


def _kind(code: str) -> str:
    """ "a whole number" for `int_type`, `int_parsing` and `int_from_float`; else ""."""
    name, _, rest = code.partition("_")
    is_type = rest in {"type", "parsing", "from_float", "attributes_type", "from_date_parsing"}
    return _KINDS.get(name, "") if is_type else ""
