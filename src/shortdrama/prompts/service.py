"""The prompt input: check, estimate, history."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from shortdrama.domain.ids import AssetId, ConnectionId, PromptId
from shortdrama.domain.prompt import MAX_CHARS, Prompt, clean_prompt
from shortdrama.errors import InvalidInput, mark
from shortdrama.prompts.checks import Problem, Wish, find_problems
from shortdrama.prompts.ports import Models, PromptRecords


@dataclass(frozen=True, slots=True)
class PromptForm:
    """The prompt panel as it stands."""

    prompt: str
    model: str
    seconds: int
    size: str
    references: tuple[AssetId, ...] = ()
    connection_id: ConnectionId | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """For all takes together. `micro_usd` None: the price is not known; 0: free."""

    micro_usd: int | None
    seconds: float | None


class PromptService:
    def __init__(self, records: PromptRecords, models: Models) -> None:
        self._records = records
        self._models = models

    def check(self, form: PromptForm) -> list[Problem]:
        """Every reason why this cannot be sent; empty when it can."""
        try:
            text = clean_prompt(form.prompt)
        except InvalidInput as error:
            return [Problem("prompt", error.code, error.template, error.details)]
        try:
            capability = self._models.capability(form.model, form.connection_id)
        except InvalidInput as error:
            return [Problem("model", error.code, error.template, error.details)]
        with self._records.read() as tx:
            assets = tx.assets.get_many(form.references)
        if len(assets) < len(set(form.references)):
            gone = mark("A chosen reference is not in the library any more.")
            return [Problem("references", "reference_missing", gone)]
        return find_problems(Wish(text, form.seconds, form.size, tuple(assets)), capability)

    def estimate(
        self, model: str, connection_id: ConnectionId | None, seconds: int, takes: int = 1
    ) -> Estimate:
        """Money from the capability table, time from this studio's own history."""
        capability = self._models.capability(model, connection_id)
        per_second = capability.micro_usd_per_second
        cost = None if per_second is None else per_second * seconds * takes
        with self._records.read() as tx:
            durations = tx.takes.recent_durations(model, seconds)
        return Estimate(cost, statistics.median(durations) if durations else capability.typical_s)

    def history(
        self, query: str = "", before: PromptId | None = None, limit: int = 50
    ) -> list[Prompt]:
        """Newest first."""
        with self._records.read() as tx:
            return tx.prompts.page(query[:MAX_CHARS], before, limit)
