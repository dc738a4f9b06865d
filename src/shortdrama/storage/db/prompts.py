"""Rows of prompts as they were sent."""

from __future__ import annotations

import sqlalchemy as sa

from shortdrama.domain.ids import PromptId, TakeId
from shortdrama.domain.prompt import Prompt
from shortdrama.storage.db.columns import fold
from shortdrama.storage.db.tables import prompts

_FIELDS = (
    prompts.c.id,
    prompts.c.text,
    prompts.c.shot_id,
    prompts.c.created_at,
    prompts.c.last_take_id,
)


class PromptStore:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, prompt: Prompt) -> None:
        values = {
            "id": prompt.id,
            "text": prompt.text,
            "folded_text": fold(prompt.text),
            "shot_id": prompt.shot_id,
            "created_at": prompt.created_at,
            "last_take_id": prompt.last_take_id,
        }
        self._connection.execute(sa.insert(prompts).values(**values))

    def get(self, prompt_id: PromptId) -> Prompt | None:
        statement = sa.select(*_FIELDS).where(prompts.c.id == prompt_id)
        row = self._connection.execute(statement).one_or_none()
        return Prompt(*row) if row else None

    def page(self, query: str, before: PromptId | None, limit: int) -> list[Prompt]:
        """Newest first; each word of `query` occurs somewhere in the text, without case."""
        statement = sa.select(*_FIELDS).order_by(prompts.c.id.desc()).limit(limit)
        for word in fold(query).split():
            statement = statement.where(prompts.c.folded_text.contains(word, autoescape=True))
        if before is not None:
            statement = statement.where(prompts.c.id < before)
        return [Prompt(*row) for row in self._connection.execute(statement)]

    def link_take(self, prompt_id: PromptId, take_id: TakeId) -> None:
        statement = sa.update(prompts).where(prompts.c.id == prompt_id)
        self._connection.execute(statement.values(last_take_id=take_id))
