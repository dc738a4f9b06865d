"""Where a connection may go: base addresses, origins, and hosts that are not for strangers.

A result's address comes from a server, so it may not lead into this machine or its network
(SSRF), unless a person connected to such a place on purpose.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable

import anyio
import httpx

from shortdrama.errors import InvalidInput

Resolver = Callable[[str, int], Awaitable[list[str]]]
"""Host and port to IP addresses; raises `OSError` where the name is not known."""

_VERSION = re.compile(r"v\d+(alpha|beta)?\d*")
_ENDPOINTS = ("/videos", "/generate", "/models")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def parse_base_url(text: str, *, is_trusted: bool = False) -> httpx.URL:
    """The address that endpoint paths are put behind: no slash at its end, a version in its path.

    `https://host`, `https://host/v1/`, `https://host/openai/v1` and `https://host/v1/videos` all
    work. A query (Azure's `?api-version=`) is kept.

    Raises:
        InvalidInput: no http(s) address, a password in it, or plain HTTP to a stranger.
    """
    url = parse_server_url(text, is_trusted=is_trusted)
    return url.copy_with(raw_path=_base_path(url))


def parse_server_url(text: str, *, is_trusted: bool = False) -> httpx.URL:
    """The address of a server as it was typed, without a slash at its end.

    Raises:
        InvalidInput: as `parse_base_url`.
    """
    try:
        url = httpx.URL(text.strip())
        is_whole = url.scheme in {"http", "https"} and bool(url.host)
    except httpx.InvalidURL:
        is_whole = False
    if not is_whole:
        raise InvalidInput("The base URL must look like https://host/v1.")
    if is_link_local(url.host):
        raise InvalidInput(
            "The base URL leads to the link-local address %(host)s, where clouds keep the secrets "
            "of a machine. Use another address of that server.",
            host=url.host,
        )
    if url.userinfo:
        raise InvalidInput(
            "The base URL holds a name or password. Take it out; the key has a field of its own."
        )
    if url.scheme == "http" and not (is_loopback(url.host) or is_trusted):
        raise InvalidInput(
            "The base URL http://%(host)s is not encrypted, so the key could be read on its "
            "way. Use https://, or mark the connection as trusted.",
            host=url.host,
        )
    path, _, query = url.raw_path.decode("ascii").partition("?")
    bare = path.rstrip("/") + (f"?{query}" if query else "")
    return url.copy_with(raw_path=bare.encode("ascii"), fragment=None)


def origin_of(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host.lower(), port_of(url)


def port_of(url: httpx.URL) -> int:
    return url.port or _DEFAULT_PORTS.get(url.scheme, 0)


def is_loopback(host: str) -> bool:
    """This very machine, by name or number. Other names are not trusted to resolve to it."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_public(address: str) -> bool:
    """False for private, loopback, link-local, multicast and reserved addresses.

    Also for such IPv4 addresses inside an IPv6 one (mapped, 6to4, Teredo, NAT64).
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if not all(inner.is_global for inner in _inside(ip)):
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return ip.ipv4_mapped.is_global and not ip.ipv4_mapped.is_multicast
    return ip.is_global and not ip.is_multicast


def is_link_local(host: str) -> bool:
    """169.254.0.0/16 and fe80::/10, also inside an IPv6 address. False for names."""
    try:
        ip = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return any(address.is_link_local for address in (ip, *_inside(ip)))


def _inside(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 one stands for (mapped, 6to4, Teredo, NAT64)."""
    if isinstance(ip, ipaddress.IPv4Address):
        return []
    inside = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
    if ip in _NAT64:
        inside.append(ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF))
    return [inner for inner in inside if inner is not None]


async def resolve(host: str, port: int) -> list[str]:
    """The host's addresses as this machine sees them, in the order to try them."""
    rows = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


def _base_path(url: httpx.URL) -> bytes:
    path, _, query = url.raw_path.decode("ascii").partition("?")
    path = path.rstrip("/")
    for endpoint in _ENDPOINTS:
        path = path.removesuffix(endpoint)
    if not _VERSION.fullmatch(path.rpartition("/")[2]):
        path += "/v1"
    return (f"{path}?{query}" if query else path).encode("ascii")
