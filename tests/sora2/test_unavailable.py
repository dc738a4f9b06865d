"""A 503 that was answered at the door, and one of a server that broke off behind it."""

from __future__ import annotations

import pytest

from shortdrama.sora2.answers import read_answer
from shortdrama.sora2.redaction import Redactor
from shortdrama.sora2.unavailable import is_turned_away

NGINX = "<html><head><title>503 Service Temporarily Unavailable</title></head></html>"
HAPROXY = "<html><body><h1>503 Service Unavailable</h1>No server is available.</body></html>"
VARNISH = "<h1>Error 503 Backend fetch failed</h1><h3>Guru Meditation:</h3>"
ENVOY = "upstream connect error or disconnect/reset before headers. reset reason: overflow"


@pytest.mark.parametrize(
    ("text", "headers", "expected"),
    [
        (NGINX, {}, True),
        (HAPROXY, {}, True),
        ("no healthy upstream", {}, True),
        ("", {"retry-after": "30"}, True),
        ('{"error": {"message": "overloaded"}}', {}, True),
        ("", {}, False),
        (VARNISH, {"retry-after": "5"}, False),
        (ENVOY, {}, False),
        ('{"error": {"message": "upstream connect error or disconnect"}}', {}, False),
        ('{"id": "video_1", "status": "queued"}', {"retry-after": "5"}, False),
        ("<title>Application Error</title>", {}, False),
    ],
)
def test_a_503_is_a_no_where_nothing_can_have_been_made(
    text: str, headers: dict[str, str], expected: bool
) -> None:
    answer = read_answer(503, headers, text.encode(), Redactor())
    assert is_turned_away(answer) is expected
