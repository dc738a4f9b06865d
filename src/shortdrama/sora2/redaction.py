"""Takes keys out of everything that a server says back, and puts them back into job ids."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from shortdrama.sora2.wire import ID_KEYS

MARK = "[key]"
# Made-up keys like "none" or "sk-1" are found inside honest words; taking those out would damage
# an answer, and they are no secrets. In error texts they are taken out all the same.
_SECRET_FROM = 8
_MOST_PASSING = 64


class Redactor:
    """Knows every key that was ever used on a connection."""

    def __init__(self) -> None:
        self._forms: list[str] = []
        self._passing: list[str] = []
        self._seals: dict[str, str] = {}  # how a form of the newest key is written within an id

    def __repr__(self) -> str:
        return f"Redactor({len(self._forms)} forms)"

    def add(self, key: str) -> None:
        escaped = json.dumps(key)[1:-1]
        written = (key, escaped, escaped.replace("/", "\\/"), quote(key, safe=""), quote_plus(key))
        forms = [form for form in dict.fromkeys(written) if form]
        # Longest first, so that no form is broken by a shorter one inside it.
        self._forms = sorted({*forms, *self._forms}, key=len, reverse=True)
        secret = [form for form in forms if len(form) >= _SECRET_FROM]
        self._seals = {form: _seal(number) for number, form in enumerate(secret)}

    def add_passing(self, token: str) -> None:
        """A token made of the key, which lives for minutes; only the newest are remembered."""
        others = [known for known in self._passing if known != token]
        self._passing = [*others, token][-_MOST_PASSING:]

    def text(self, text: str) -> str:
        for form in (*self._passing, *self._forms):
            text = text.replace(form, MARK)
        return text

    def value(self, value: Any, *, is_id: bool = False) -> Any:  # noqa: ANN401 - JSON has any shape
        """A decoded JSON value without keys in it.

        An id may be all that leads to a paid clip: what is taken out of it goes back into it in
        `unseal`.
        """
        if isinstance(value, Mapping):
            return {
                self._secrets_out(str(name)): self.value(item, is_id=name in ID_KEYS)
                for name, item in value.items()
            }
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if not isinstance(value, str):
            return value
        if is_id:
            return self._sealed(value)
        return self._secrets_out(value)

    def unseal(self, path: str) -> str:
        """A quoted path whose job id is the server's own again."""
        for form, seal in self._seals.items():
            path = path.replace(quote(seal, safe=""), quote(form, safe=""))
        return path

    def _sealed(self, job_id: str) -> str:
        for form in sorted(self._seals, key=len, reverse=True):
            job_id = job_id.replace(form, self._seals[form])
        return MARK if job_id in self._forms else self._secrets_out(job_id)

    def _secrets_out(self, text: str) -> str:
        for form in (*self._passing, *self._forms):
            if len(form) >= _SECRET_FROM:
                text = text.replace(form, MARK)
        return text


def _seal(number: int) -> str:
    return MARK if number == 0 else f"{MARK[:-1]}:{number}]"
