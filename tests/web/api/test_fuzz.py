"""Whatever is sent to the JSON API, the answer is one that its description knows, never a 5xx."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shortdrama.app import build_studio
from shortdrama.settings import Settings

# The stream never ends, and the test button asks the network.
LEFT_OUT = ["/api/events", "/api/connections/{connection_id}/check"]


@pytest.fixture(scope="module")
def api_schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[schemathesis.BaseSchema]:
    made = Settings(data=tmp_path_factory.mktemp("studio"))
    with build_studio(made, url="http://127.0.0.1") as studio:
        schema = schemathesis.openapi.from_asgi("/api/openapi.json", studio.web)
        for path in LEFT_OUT:
            schema = schema.exclude(path=path)
        yield schema


schema = schemathesis.pytest.from_fixture("api_schema")


@schema.parametrize()
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_no_request_breaks_the_api(case: schemathesis.Case) -> None:
    case.call_and_validate(
        checks=[
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_schema_conformance,
        ],
    )
