"""Fixtures that every test may use."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import certifi
import pytest

pytest_plugins = ["servers.postgres", "servers.s3", "servers.pairs"]

# What is loaded until the tests begin stays: looking for garbage in it doubles the time it takes.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _few_authorities(tmp_path_factory: pytest.TempPathFactory) -> None:
    """One certificate authority instead of all: reading them takes 20 ms for every client made.

    Nothing here speaks to anybody out there; the studios that tests start inherit it.
    """
    first, end, _others = Path(certifi.where()).read_text().partition("-----END CERTIFICATE-----\n")
    file = tmp_path_factory.mktemp("authorities") / "one.pem"
    file.write_text(first + end)
    os.environ["SSL_CERT_FILE"] = str(file)


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, as the server does."""
    return "asyncio"
