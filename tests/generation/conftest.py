"""One studio and one provider for all tests of a module; each test has a prompt of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from doubles.sora2_double import Sora2Double
from doubles.take_studio import KEY, Play, TakeStudio, quick

LIMITS = quick(
    not_found_grace_s=0.3,
    unreachable_pauses_s=(1, 2, 4),
    busy_pauses_s=(1, 2, 4, 8),
    search_pauses_s=(0, 1),
    progress_every_s=0.0,
)


@pytest.fixture(scope="module")
def double() -> Iterator[Sora2Double]:
    with Sora2Double(api_key=KEY) as server:
        yield server


@pytest.fixture(scope="module")
def studio(double: Sora2Double, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TakeStudio]:
    folder = tmp_path_factory.mktemp("studio")
    with TakeStudio(folder, double.base_url, Play(limits=LIMITS)) as opened:
        yield opened
