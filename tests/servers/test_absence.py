"""A server that is not there: a reason to skip at home, a failure where everything has to run."""

from __future__ import annotations

import pytest

from servers.absence import go_without


@pytest.mark.parametrize("value", ["", "0", "false"])
def test_at_home_a_missing_server_is_skipped_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("CI", value)
    with pytest.raises(pytest.skip.Exception, match="no database"):
        go_without("no database")


@pytest.mark.parametrize("value", ["1", "true", "yes"])
def test_with_ci_set_a_missing_server_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("CI", value)
    with pytest.raises(pytest.fail.Exception, match="no database"):
        go_without("no database")
