"""Whose a session, a password or an `Authorization` header is.

Sessions are signed with the studio's secret and the person's password: a changed password ends
them, and a log-out the one that it was asked in. Wrong passwords are counted per address, and each
one is checked slowly and one at a time, so that guessing from many addresses stays slow too
without locking out who knows the password.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
import time

from starlette.requests import Request

from shortdrama.access.tries import Tries
from shortdrama.access.users import UserService
from shortdrama.domain.people import ROOT_NAME, Role, User, UserId, Who, user_actor

COOKIE = "shortdrama_session"
SESSION_S = 30 * 24 * 3600
_SALT_BYTES = 16
_NONCE_BYTES = 8
_MOST_DIGITS = 18
_MOST_KNOWN = 256
_ROOT = Who(user_actor(ROOT_NAME), Role.OWNER, ROOT_NAME)
_ROOT_ID = UserId("")


class LogIn:
    """`password` is the studio's own: who knows it is an owner. Empty: there are only users."""

    def __init__(
        self,
        users: UserService,
        password: str,
        secret: bytes,
        tries: Tries,
        *,
        is_always_needed: bool = False,
    ) -> None:
        """`is_always_needed`: even without password and users, so that nobody comes in."""
        self._users = users
        self._is_always_needed = is_always_needed
        self._has_root = bool(password)
        self._secret = secret
        self._root_secret = hmac.digest(secret, password.encode(), "sha256")
        self._salt = secrets.token_bytes(_SALT_BYTES)
        self._root_hash = _slow_hash(password, self._salt)
        self._known: dict[bytes, UserId] = {}  # marks of passwords that were right
        self._checking = asyncio.Lock()
        self._tries = tries

    async def is_needed(self) -> bool:
        return self._is_always_needed or self._has_root or bool(await self._people())

    async def has_names(self) -> bool:
        """Whether the log-in form asks for a name."""
        return bool(await self._people())

    async def is_exhausted(self, request: Request) -> bool:
        return await asyncio.to_thread(self._tries.is_exhausted, _address(request))

    async def by_session(self, request: Request) -> Who | None:
        session = request.cookies.get(COOKIE, "")
        begin, *rest = session.split(".")
        expires_at = _expiry(begin)
        if expires_at is None or len(rest) not in (1, 2):
            return None
        user_id = UserId(rest[0]) if len(rest) == 2 else _ROOT_ID
        wanted = self._sign(begin, user_id, await self._people())
        if wanted is None or not hmac.compare_digest(rest[-1].encode(), wanted.encode()):
            return None
        if expires_at <= time.time() or await self._is_ended(session):
            return None
        return await self._who(user_id)

    async def end_session(self, request: Request) -> None:
        """Log out: the cookie opens nothing any more, on any server, whoever has a copy of it."""
        if await self.by_session(request) is None:
            return
        session = request.cookies[COOKIE]
        expires_at = _expiry(session.partition(".")[0]) or 0
        await asyncio.to_thread(self._users.ended_sessions.end, session, expires_at)

    async def by_header(self, request: Request) -> Who | None:
        """`Bearer PASSWORD` of the studio's own, or `Basic` with a name and a password."""
        scheme, _sep, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return await self.by_password("", given, request)
        if scheme.lower() != "basic":
            return None
        try:
            text = base64.b64decode(given.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            return None
        name, _sep, password = text.partition(":")
        return await self.by_password(name, password, request)

    async def by_password(self, name: str, given: str, request: Request) -> Who | None:
        """Whose name and password this is; a wrong one is counted."""
        name = "" if name.strip().casefold() == ROOT_NAME else name.strip().casefold()
        mark = self._mark(name, given, await self._people())
        if mark in self._known:
            return await self._who(self._known[mark])
        if await self.is_exhausted(request):
            return None
        async with self._checking:
            user_id = await asyncio.to_thread(self._whose, name, given)
        if user_id is None:
            await asyncio.to_thread(self._tries.add, _address(request))
            return None
        if mark is not None:
            self._known = dict([*self._known.items()][-_MOST_KNOWN:]) | {mark: user_id}
        return await self._who(user_id)

    async def new_session(self, who: Who) -> str:
        """A cookie's value for somebody who has just shown their password."""
        people = await self._people()
        # The random part tells sessions apart that begin in the same second.
        begin = f"{int(time.time()) + SESSION_S}-{secrets.token_hex(_NONCE_BYTES)}"
        user_id = next((u.id for u in people.values() if u.name == who.name), _ROOT_ID)
        signature = self._sign(begin, user_id, people) or ""
        return ".".join(filter(None, (begin, user_id, signature)))

    async def _is_ended(self, session: str) -> bool:
        ended = self._users.ended_sessions
        recent = ended.recent(session)
        return await asyncio.to_thread(ended.has, session) if recent is None else recent

    async def _people(self) -> dict[UserId, User]:
        recent = self._users.recent()
        return await asyncio.to_thread(self._users.load) if recent is None else recent

    async def _who(self, user_id: UserId) -> Who | None:
        if user_id == _ROOT_ID:
            return _ROOT if self._has_root else None
        user = (await self._people()).get(user_id)
        return Who(user_actor(user.name), user.role, user.name) if user else None

    def _whose(self, name: str, given: str) -> UserId | None:
        if name:
            user = self._users.log_in(name, given)
            return user.id if user else None
        is_root = hmac.compare_digest(_slow_hash(given, self._salt), self._root_hash)
        return _ROOT_ID if is_root and self._has_root else None

    def _sign(self, begin: str, user_id: UserId, people: dict[UserId, User]) -> str | None:
        """None where there is nobody to sign for."""
        if user_id == _ROOT_ID:
            signed = hmac.digest(self._root_secret, begin.encode(), "sha256").hex()
            return signed if self._has_root else None
        user = people.get(user_id)
        if user is None:
            return None
        text = f"{begin}.{user_id}.{user.password_hash}"
        return hmac.digest(self._secret, text.encode(), "sha256").hex()

    def _mark(self, name: str, given: str, people: dict[UserId, User]) -> bytes | None:
        """Another one as soon as the password is changed; None for a name that nobody has."""
        kept = ""
        if name:
            found = next((u for u in people.values() if u.name.casefold() == name), None)
            if found is None:
                return None
            kept = found.password_hash
        text = f"{name}\0{kept}\0{given}"
        return hmac.digest(self._root_secret, text.encode("utf-8", "replace"), "sha256")


def _slow_hash(text: str, salt: bytes) -> bytes:
    return hashlib.scrypt(text.encode("utf-8", "replace"), salt=salt, n=2**14, r=8, p=1)


def _expiry(begin: str) -> int | None:
    """Seconds since 1970, from "EXPIRY-RANDOM", or "EXPIRY" as sessions began before."""
    expiry = begin.partition("-")[0]
    is_number = expiry.isascii() and expiry.isdigit() and len(expiry) <= _MOST_DIGITS
    return int(expiry) if is_number else None


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
