"""The door where several processes write: nothing here may lean on SQLite's single writer."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest

from web.door.conftest import MODEL, Door

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.filterwarnings("ignore:The Sora API is scheduled:DeprecationWarning"),
]


def test_budgets_shots_and_retries_hold(postgres_url: str, open_door: Callable[..., Door]) -> None:
    door = open_door(database_url=postgres_url)
    _key, client = door.key(budget_micro_usd=1_200_000)

    def order(number: int) -> str:
        try:
            return client.videos.create(prompt=f"cat {number}", model=MODEL, seconds="4").id
        except openai.RateLimitError:
            return ""

    with ThreadPoolExecutor(50) as pool:
        made = [job for job in pool.map(order, range(50)) if job]
    assert len(made) == 3

    # Free ones take no lock of the ledger, and still each has a shot and a number of its own.
    def draw(number: int) -> str:
        return client.videos.create(prompt=f"dog {number}", model="previz-1", seconds="4").id

    with ThreadPoolExecutor(12) as pool:
        drawn = list(pool.map(draw, range(12)))
    [api] = [view for view in door.studio.services.board.projects() if view.project.title == "API"]
    [opening] = api.episodes
    shots = door.studio.services.board.episode_view(opening.episode.id).shots
    assert [view.shot.number for view in shots] == list(range(1, 16))

    # A repetition that comes while the first one is still under way.
    def repeat(count: int) -> str:
        headers = {"x-stainless-retry-count": str(count)}
        return client.videos.create(
            prompt="once", model="previz-1", seconds="4", extra_headers=headers
        ).id

    first = repeat(0)
    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(repeat, [1] * 6)) == {first}
    for job in (*drawn, first):
        client.videos.delete(job)
    assert sorted(video.id for video in client.videos.list()) == sorted(made)
