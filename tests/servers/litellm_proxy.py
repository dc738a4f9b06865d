"""LiteLLM's proxy from its own package, in an environment of its own: a gateway nobody here wrote.

The package is large, so it is asked for: `SHORTDRAMA_OPTIONAL_TESTS=1`. Where the environment
exists already, `SHORTDRAMA_LITELLM` names its folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from doubles.serving import listen

# 1.82.7 and 1.82.8 carried a thief of credentials; see docs/providers.md.
PACKAGE = "litellm[proxy]==1.106.2"
MASTER_KEY = "sk-proxy-7d0f2c"
_START_S = 180
_INSTALL_S = 900


def litellm_folder(made_in: Path) -> Path:
    """The environment's folder. Skips the test where it is not wanted or cannot be had."""
    if not os.environ.get("SHORTDRAMA_OPTIONAL_TESTS"):
        pytest.skip("LiteLLM is installed for this only with SHORTDRAMA_OPTIONAL_TESTS=1")
    if own := os.environ.get("SHORTDRAMA_LITELLM"):
        return Path(own)
    folder = made_in / "litellm"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=_INSTALL_S)
    pip = [str(folder / "bin" / "pip"), "install", "--quiet", PACKAGE]
    installed = subprocess.run(pip, capture_output=True, text=True, timeout=_INSTALL_S, check=False)
    if installed.returncode != 0:
        pytest.skip(f"{PACKAGE} cannot be installed: {installed.stderr.strip()[-300:]}")
    return folder


@contextmanager
def litellm_proxy(environment: Path, folder: Path, upstream: str, key: str) -> Iterator[str]:
    """A running proxy with the model "studio-model", which is the upstream's "previz-1".

    Args:
        environment: From `litellm_folder`.
        folder: For its configuration.
        upstream: A base URL of OpenAI's protocol.
        key: The upstream's.

    Yields:
        The proxy's base URL.
    """
    # JSON is YAML. No `num_retries`: as most people have it.
    model = {"model": "openai/previz-1", "api_base": upstream, "api_key": key}
    config = {
        "model_list": [{"model_name": "studio-model", "litellm_params": model}],
        "general_settings": {"master_key": MASTER_KEY},
    }
    file = folder / "litellm.yaml"
    file.write_text(json.dumps(config))
    with listen() as sock:
        port = sock.getsockname()[1]
    # Nothing is looked up beyond this machine.
    own = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
    with (folder / "litellm.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(str(environment / "bin" / "litellm"), "--config", str(file)),
                *("--host", "127.0.0.1", "--port", str(port)),
            ],
            env={**os.environ, **own},
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(f"{url}/health/liveliness", process, folder / "litellm.log")
            yield f"{url}/v1"
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.5)  # another process: there is nothing to be woken by
    raise AssertionError(f"the proxy did not start: {log.read_text()[-2000:]}")
