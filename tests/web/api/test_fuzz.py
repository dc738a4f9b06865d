"""Whatever is sent to the JSON API, the answer is one that its description knows, never a 5xx."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shortdrama.app import build_studio
from shortdrama.settings import Settings

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# The stream never ends, and the test button asks the network.
LEFT_OUT = ["/api/events", "/api/connections/{connection_id}/check"]


@pytest.fixture(scope="module")
def api_schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[schemathesis.BaseSchema]:
    made = Settings(data=tmp_path_factory.mktemp("studio"), allowed_hosts=("testserver",))
    with build_studio(made, url="http://127.0.0.1") as studio:
        schema = schemathesis.openapi.from_asgi("/api/openapi.json", studio.web)
        for path in LEFT_OUT:
            schema = schema.exclude(path=path)
        yield schema


# schemathesis draws with `random` inside its own strategies.
@pytest.mark.filterwarnings("ignore:Do not use the .random. module")
def test_no_request_breaks_the_api(api_schema: schemathesis.BaseSchema) -> None:
    operations = [found.ok() for found in api_schema.get_all_operations()]
    assert len(operations) > 25
    faults = [fault for operation in operations for fault in _faults(operation)]
    assert faults == []


def _faults(operation: Any) -> list[str]:
    """What is wrong with one operation's answers; the smallest request that shows it."""

    @settings(
        max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy())
    def hold_to_description(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS)

    try:
        hold_to_description()
    except (FailureGroup, Failure) as fault:
        return [f"{operation.label}: {fault} {getattr(fault, 'exceptions', '')}"]
    return []
