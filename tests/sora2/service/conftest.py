"""A service with a key, mounted as the studio mounts it, and started alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from doubles.serving import Serving
from shortdrama.sora2.service.app import ServiceOptions, create_sora2_app
from shortdrama.sora2.service.files import FileContent, FileJobs
from sora2.service.tiny_engine import TinyEngine

KEY = "sk-service-0123456789"


@dataclass
class Running:
    base_url: str
    engine: TinyEngine
    jobs: FileJobs
    content: FileContent
    folder: Path
    serving: Serving
    key: str = KEY


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    folder = tmp_path / "service"
    jobs, engine, content = FileJobs(folder), TinyEngine(), FileContent(folder)
    options = ServiceOptions(
        scratch=folder / "scratch",
        api_key=KEY,
        max_waiting=20,
        max_body_bytes=300_000,
        poll_after_ms=20,
    )
    app = create_sora2_app(jobs, engine, content, options)
    with Serving(app, has_lifespan=True) as serving:
        yield Running(f"{serving.url}/v1", engine, jobs, content, folder, serving)
