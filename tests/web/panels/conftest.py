"""A running studio for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from e2e.studio_process import StudioProcess


@pytest.fixture(scope="module")
def library_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a studio with an empty library."""
    process = StudioProcess(tmp_path_factory.mktemp("studio") / "data")
    process.start()
    try:
        with httpx.Client(base_url=process.url, trust_env=False, timeout=30) as client:
            yield client
    finally:
        process.stop()
