"""A provider, and processes that share a database and a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from doubles.sora2_double import Sora2Double
from machines.fleet import MODEL, Fleet

KEY = "sk-test-secret"


def environment_of(double: Sora2Double, postgres_url: str, s3_url: str) -> dict[str, str]:
    return {
        "SHORTDRAMA_DATABASE_URL": postgres_url,
        "SHORTDRAMA_BLOBS_URL": s3_url,
        "SORA2_BASE_URL": double.base_url,
        "SORA2_API_KEY": KEY,
        "SORA2_MODEL": MODEL,
    }


@pytest.fixture
def double() -> Iterator[Sora2Double]:
    with Sora2Double(api_key=KEY) as server:
        yield server


@pytest.fixture
def fleet(double: Sora2Double, postgres_url: str, s3_url: str, tmp_path: Path) -> Iterator[Fleet]:
    with Fleet(tmp_path, environment_of(double, postgres_url, s3_url)) as fleet:
        yield fleet
