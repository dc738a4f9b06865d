"""Takes keys out of everything that a server says back."""

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


class Redactor:
    """Knows every key that was ever used on a connection."""

    def __init__(self) -> None:
        self._forms: list[str] = []

    def __repr__(self) -> str:
        return f"Redactor({len(self._forms)} forms)"

    def add(self, key: str) -> None:
        escaped = json.dumps(key)[1:-1]
        forms = {key, escaped, escaped.replace("/", "\\/"), quote(key, safe=""), quote_plus(key)}
        # Longest first, so that no form is broken by a shorter one inside it.
        self._forms = sorted(forms.union(self._forms) - {""}, key=len, reverse=True)

    def text(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, MARK)
        return text

    def value(self, value: Any, *, is_id: bool = False) -> Any:  # noqa: ANN401 - JSON has any shape
        """A decoded JSON value without keys in it.

        An id is left whole unless it is the key itself: it may be all that leads to a paid clip.
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
            return MARK if value in self._forms else value
        return self._secrets_out(value)

    def _secrets_out(self, text: str) -> str:
        for form in self._forms:
            if len(form) >= _SECRET_FROM:
                text = text.replace(form, MARK)
        return text
