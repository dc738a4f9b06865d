"""The prompt input: check, estimate, history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shortdrama.domain.ids import AssetId, ConnectionId, PromptId
from shortdrama.domain.model import Mode
from shortdrama.domain.prompt import MAX_CHARS, Prompt, clean_prompt
from shortdrama.domain.waiting import WAITED_FOR, lefts_of, until_ready_s, usual_s
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
    mode: Mode | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Estimate:
    """For all takes together.

    Attributes:
        micro_usd: None: the price is not known; 0: free.
        seconds: From now until the last one is ready, behind those under way; None: not known.
        is_behind: The first of them has to wait for others.
    """

    micro_usd: int | None
    seconds: float | None
    is_behind: bool = False


class PromptService:
    def __init__(self, records: PromptRecords, models: Models, max_takes: int = 64) -> None:
        """`max_takes` are under way in the whole studio at once; the others are queued."""
        self._records = records
        self._models = models
        self._max_takes = max_takes

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
        wish = Wish(text, form.seconds, form.size, tuple(assets), form.mode, form.extra)
        return find_problems(wish, capability)

    def estimate(self, form: PromptForm, takes: int = 1) -> Estimate:
        """Money from the capability table, time from this studio's own history."""
        model, connection_id, seconds = form.model, form.connection_id, form.seconds
        capability = self._models.capability(model, connection_id)
        cost = capability.micro_usd(seconds, form.size)
        cost = None if cost is None else cost * takes
        with self._records.read() as tx:
            runs = tx.takes.recent_runs(model, connection_id)
            work_s = usual_s(runs, seconds, capability.at_once)
            work_s = capability.typical_s if work_s is None else work_s
            queue = tx.takes.with_status(WAITED_FOR)
        if work_s is None:
            return Estimate(cost, None)
        now = datetime.now(UTC)
        ways = [
            (lefts_of(queue, connection_id, work_s, now), capability.at_once or self._max_takes),
            (lefts_of(queue, None, work_s, now), self._max_takes),
        ]
        first_s = max(until_ready_s(work_s, 1, *way) for way in ways)
        last_s = max(until_ready_s(work_s, takes, *way) for way in ways)
        return Estimate(cost, last_s, is_behind=first_s > work_s)

    def history(
        self, query: str = "", before: PromptId | None = None, limit: int = 50
    ) -> list[Prompt]:
        """Newest first."""
        with self._records.read() as tx:
            return tx.prompts.page(query[:MAX_CHARS], before, limit)
