"""Fixtures that every test may use."""

from __future__ import annotations

import pytest

pytest_plugins = ["servers.postgres", "servers.s3", "servers.pairs"]


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, as the server does."""
    return "asyncio"
