"""One request on its way: where its connection leads, and whether anything of it went out.

httpx tells each step of a request to its `trace` extension (httpcore's, version 1.0); what is
raised there ends the request before the next byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from shortdrama.domain.take import FailureKind
from shortdrama.errors import ProviderError
from shortdrama.sora2.addresses import Resolver, is_link_local


class Line:
    """Refuses link-local addresses, whoever trusts the connection: clouds keep the secrets of a
    machine there. The address is looked at before it is asked, and again when it has answered,
    because a second look-up may give another one."""

    def __init__(self, resolver: Resolver, kind: FailureKind) -> None:
        """`kind` is told with a refusal."""
        self._resolver = resolver
        self._kind = kind
        self.is_out = False  # a server may have seen some of the request

    @property
    def extensions(self) -> dict[str, Any]:
        """httpx's, for the one request that this follows."""
        return {"trace": self._follow}

    def need_allowed(self, addresses: Iterable[str]) -> None:
        """Raises `ProviderError` (`not_sent`) for a link-local one. Names are not looked up."""
        for address in addresses:
            if is_link_local(address):
                raise ProviderError(
                    "The address %(host)s is link-local, where clouds keep the secrets of a "
                    "machine, so it was not asked. Use another address of that server.",
                    host=address,
                    kind=self._kind,
                    not_sent=True,
                    explains=True,
                )

    async def _follow(self, step: str, told: Mapping[str, Any]) -> None:
        if step == "connection.connect_tcp.started":
            await self._look_up(str(told["host"]), int(told["port"]))
        elif step == "connection.connect_tcp.complete":
            await self._look_at(told["return_value"])
        elif step.endswith(".send_request_headers.complete"):
            self.is_out = True

    async def _look_up(self, host: str, port: int) -> None:
        try:
            addresses = await self._resolver(host, port)
        except UnicodeError as error:
            raise unwritten(error) from error  # no name can be written like this
        except OSError:
            return  # the connection says it better
        self.need_allowed(addresses)

    async def _look_at(self, stream: Any) -> None:  # noqa: ANN401 - httpcore's, not exported
        server = stream.get_extra_info("server_addr")
        try:
            self.need_allowed([str(server[0])] if isinstance(server, tuple) else [])
        except ProviderError:
            await stream.aclose()
            raise


@contextmanager
def writing() -> Iterator[None]:
    """What httpx cannot put into a request was surely not sent."""
    try:
        yield
    except (httpx.InvalidURL, ValueError, TypeError, RecursionError) as error:
        raise unwritten(error) from error


def unwritten(error: Exception) -> ProviderError:
    """What to raise for such an error. Its own text stays away: it may quote the key."""
    return ProviderError(
        "The request holds something that cannot be sent (%(reason)s), so nothing was sent. Look "
        "for odd characters in the prompt, the extra fields and the settings of the connection.",
        reason=type(error).__name__,
        kind=FailureKind.INVALID_REQUEST,
        not_sent=True,
        explains=True,
    )
