"""An S3 server on this machine, and a fresh bucket for each test."""

from __future__ import annotations

import re
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator

import httpx
import pytest

_ADDRESS = re.compile(rb"Running on (http://127\.0\.0\.1:\d+)")
# It ends when its input ends: with us, however we end.
_SERVER = """
import os, sys, threading
from moto.server import main
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
main(["-H", "127.0.0.1", "-p", "0"])
"""
_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "studio",
    "AWS_SECRET_ACCESS_KEY": "not-a-secret",
    "AWS_REGION": "us-east-1",
}


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """The server's address, such as `http://127.0.0.1:40123`; one server for the session."""
    with subprocess.Popen(
        [sys.executable, "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as server:
        yield _read_address(server)
        assert server.stdin is not None
        server.stdin.close()
        server.wait()  # before its log is closed, which is being read until it ends


@pytest.fixture
def s3_url(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a bucket of this test's own; credentials are in the environment."""
    for name, value in _CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    bucket = f"studio-{secrets.token_hex(8)}"
    with httpx.Client(trust_env=False) as client:
        client.put(f"{s3_endpoint}/{bucket}").raise_for_status()
    return f"s3://{bucket}/blobs?endpoint={s3_endpoint}&region=us-east-1"


def _read_address(server: subprocess.Popen[bytes]) -> str:
    assert server.stderr is not None
    said = b""
    for line in server.stderr:
        said += line
        if found := _ADDRESS.search(line):
            # The log goes on: a full pipe would stop the server.
            _drain(server)
            return found[1].decode()
    raise RuntimeError(f"the S3 server did not start: {said.decode(errors='replace')}")


def _drain(server: subprocess.Popen[bytes]) -> None:
    log = server.stderr
    assert log is not None
    threading.Thread(target=lambda: [None for _ in log], daemon=True).start()
