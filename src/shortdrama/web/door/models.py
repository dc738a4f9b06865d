"""What a program may name: every open model, by ids that mean one connection each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shortdrama.domain.ids import ConnectionId
from shortdrama.domain.model import BUILT_IN, ModelChoice
from shortdrama.sora2.service.envelope import ApiError

_MOST_TOLD = 30
_NOT_IN_A_NAME = re.compile(r"[^\w.]+")


@dataclass(frozen=True, slots=True)
class Menu:
    """The models a caller may order, and what each id that can be sent stands for.

    An id is a model's own, or "connection/model" with the connection's name or its id. What
    several connections offer is never chosen among them: each would be paid by somebody else.
    """

    choices: tuple[ModelChoice, ...]
    meanings: dict[str, list[ModelChoice]]

    def rows(self) -> Iterator[tuple[str, ModelChoice]]:
        """Each choice once, under the shortest id that means nothing else."""
        for choice in self.choices:
            yield self.id_of(choice), choice

    def id_of(self, choice: ModelChoice) -> str:
        *shorter, last = _ids(choice)
        return next((name for name in shorter if self._meant_by(name) == [choice]), last)

    def find(self, wanted: str, connection: ConnectionId | None = None) -> ModelChoice | None:
        """What the id stands for; at the connection, where one is named.

        Raises:
            ApiError: 400 `model_ambiguous`: several connections offer it.
        """
        found = self._meant_by(wanted, connection)
        if len(found) > 1:
            raise self._ambiguous(wanted, found)
        return found[0] if found else None

    def told(self) -> str:
        """The ids, for a sentence."""
        return ", ".join(name for name, _choice in list(self.rows())[:_MOST_TOLD])

    def _meant_by(self, wanted: str, connection: ConnectionId | None = None) -> list[ModelChoice]:
        found = self.meanings.get(wanted, [])
        if connection is not None:
            return [choice for choice in found if choice.connection_id == connection]
        # previz-1 is this machine's own, whoever else has one.
        return [choice for choice in found if choice.connection_id == BUILT_IN] or found

    def _ambiguous(self, wanted: str, found: list[ModelChoice]) -> ApiError:
        names = ", ".join(f"'{self.id_of(choice)}'" for choice in found[:_MOST_TOLD])
        return ApiError(
            400,
            f"Several connections offer the model '{wanted[:100]}'. Name one of them: {names}.",
            code="model_ambiguous",
            param="model",
        )


def menu_of(choices: Sequence[ModelChoice]) -> Menu:
    meanings: dict[str, list[ModelChoice]] = {}
    for choice in choices:
        for name in _ids(choice):
            meanings.setdefault(name, []).append(choice)
    return Menu(tuple(choices), meanings)


def _ids(choice: ModelChoice) -> tuple[str, ...]:
    """The shortest first; the last one is nobody else's and outlives a change of names."""
    model = choice.capability.model
    slug = _NOT_IN_A_NAME.sub("-", choice.connection_name.casefold()).strip("-.")
    homes = dict.fromkeys((slug, choice.connection_id) if slug else (choice.connection_id,))
    return (model, *(f"{home}/{model}" for home in homes))
