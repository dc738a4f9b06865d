"""Who asks: the person that the gate has let in, or nobody in particular on an open studio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends
from starlette.requests import HTTPConnection
from starlette.types import Scope

from shortdrama.domain.money import Buyer
from shortdrama.domain.people import ACTOR_HEADER, CLI, PAGE, PROGRAM, Who

# Of what the page sends later than it was made: whose it is, as `person_mark` says it.
PERSON_HEADER = "x-shortdrama-person"

StillIn = Callable[[], Awaitable[bool]]


def let_in(scope: Scope, who: Who, still_in: StillIn) -> None:
    """`still_in` says whether that is so now: a stream outlives the question at its beginning."""
    scope.setdefault("state", {}).update(who=who, person=person_mark(who), still_in=still_in)


def person_mark(who: Who | None) -> str:
    """Who somebody is, in ASCII; "" on an open studio."""
    return quote(who.actor, safe="") if who else ""


def is_of_another(connection: HTTPConnection, who: Who) -> bool:
    """Whether a page sends what somebody else made, before the log-in changed."""
    made_by = connection.headers.get(PERSON_HEADER)
    return made_by is not None and made_by != person_mark(who)


async def is_still_in(connection: HTTPConnection) -> bool:
    """Whether who asked may hear more; on an open studio everybody may."""
    still_in: StillIn | None = connection.scope.get("state", {}).get("still_in")
    return still_in is None or await still_in()


def who_asks(connection: HTTPConnection) -> Who:
    """FastAPI dependency; works for routes of any kind.

    Without a log-in everybody who reaches the studio is its owner; what they say of themselves
    only tells the page from programs.
    """
    who = connection.scope.get("state", {}).get("who")
    if isinstance(who, Who):
        return who
    headers = connection.headers
    if headers.get(ACTOR_HEADER) == CLI:
        return Who(CLI)
    return Who(PAGE if "sec-fetch-site" in headers else PROGRAM)


GivenWho = Annotated[Who, Depends(who_asks)]


def buyer_of(who: Who, confirmed_micro_usd: int | None = None) -> Buyer:
    """Who pays, as the ledger knows them."""
    return Buyer(actor=who.actor, confirmed_micro_usd=confirmed_micro_usd)
