"""What a test does without the server that it needs."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

_NOT_SET = {"", "0", "false"}


def go_without(reason: str) -> NoReturn:
    """On a person's machine the test is skipped and says why.

    Where `CI` is set nothing may be left out in silence: there a missing server is a failure.
    """
    if os.environ.get("CI", "").lower() not in _NOT_SET:
        pytest.fail(f"{reason}, and with CI set no test may be skipped for it", pytrace=False)
    pytest.skip(reason)
