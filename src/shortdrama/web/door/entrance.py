"""Who may come in at the door: keys of programs, people who are logged in, or anybody at home."""

from __future__ import annotations

from dataclasses import dataclass

from anyio import to_thread
from starlette.requests import Request

from shortdrama.domain.money import Buyer
from shortdrama.domain.people import Act, ClientKey, Who, client_actor
from shortdrama.sora2.service.envelope import ApiError
from shortdrama.web.services import Services
from shortdrama.web.who import who_asks


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks at the door. `actor` owns what is ordered and sees nothing else."""

    actor: str
    can_generate: bool
    key: ClientKey | None = None

    def may_use(self, model: str) -> bool:
        return self.key is None or self.key.may_use(model)

    @property
    def buyer(self) -> Buyer:
        """A program cannot be asked to confirm a price: its budget and the caps hold it."""
        budget = self.key.budget_micro_usd if self.key else None
        return Buyer(self.actor, budget_micro_usd=budget, is_asked=False)

    def need_to_generate(self) -> None:
        if not self.can_generate:
            raise ApiError(
                403, "This key only looks. Use one that may order.", code="insufficient_permissions"
            )


async def caller_of(request: Request, services: Services) -> Caller:
    """Raises `ApiError` 401 where nobody may come in like this.

    Keys come in headers only: addresses end up in logs and histories.
    """
    token = _told_key(request)
    key = await to_thread.run_sync(services.client_keys.by_token, token) if token else None
    if key is not None:
        return Caller(client_actor(key.client_id), key.can_generate, key)
    who = request.scope.get("state", {}).get("who")
    if isinstance(who, Who):
        return Caller(who.actor, who.may(Act.SPEND))
    if await _is_locked(request, services):
        raise ApiError(
            401,
            "Incorrect API key provided. Make one in the studio's settings or with "
            "'shortdrama keys add', and send it as 'Authorization: Bearer KEY'.",
            code="invalid_api_key",
        )
    return Caller(who_asks(request).actor, can_generate=True)


async def _is_locked(request: Request, services: Services) -> bool:
    """Beyond loopback, with people or a password, and as soon as there was ever a key."""
    if request.scope.get("state", {}).get("needs_log_in"):
        return True
    return await to_thread.run_sync(services.client_keys.are_asked_for)


def _told_key(request: Request) -> str:
    scheme, _, told = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return told.strip()
    return request.headers.get("api-key", "").strip()
