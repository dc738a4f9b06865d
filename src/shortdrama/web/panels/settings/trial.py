"""What a connection's free test leaves open: one take that costs money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse

from shortdrama.domain.ids import ConnectionId, ShotId, new_id
from shortdrama.domain.model import Capability
from shortdrama.domain.money import dollars
from shortdrama.errors import StudioError
from shortdrama.generation.orders import TakeOrder
from shortdrama.web.i18n import _
from shortdrama.web.services import GivenServices, Services
from shortdrama.web.who import GivenWho, buyer_of

router = APIRouter(include_in_schema=False)
_PROMPT = "A paper boat on still water. Slow push in."


@dataclass(frozen=True, slots=True)
class Trial:
    """One real take of a model: its shortest, at its usual size."""

    capability: Capability

    @property
    def seconds(self) -> int:
        return min(self.capability.seconds, default=self.capability.default_seconds)

    @property
    def micro_usd(self) -> int | None:
        return self.capability.micro_usd(self.seconds, self.capability.default_size)

    @property
    def words(self) -> str:
        """On the button: the click says what it costs."""
        parts = {"seconds": self.seconds, "model": self.capability.label}
        if self.micro_usd is None:
            return _("Make a real test: %(seconds)s s of %(model)s, price not known") % parts
        if self.micro_usd == 0:
            return _("Make a real test: %(seconds)s s of %(model)s, free") % parts
        price = dollars(self.micro_usd)
        words = _("Make a real test: %(seconds)s s of %(model)s for %(price)s")
        return words % {**parts, "price": price}


@router.post("/panels/connections/{connection_id}/trial")
def make_trial(
    services: GivenServices, who: GivenWho, connection_id: str, model: Annotated[str, Form()]
) -> RedirectResponse:
    """Order it, in a shot of its own, and show that shot."""
    choice = services.connections.choice(model, ConnectionId(connection_id))
    trial = Trial(choice.capability)
    shot = services.board.add_shot(services.board.current().episode.id)
    order = TakeOrder(
        prompt=_PROMPT,
        model=model,
        seconds=trial.seconds,
        size=choice.capability.default_size,
        shot_id=shot.id,
        connection_id=choice.connection_id,
    )
    try:
        services.takes.order(order, new_id(), buyer_of(who, trial.micro_usd))
    except StudioError:
        _take_back(services, shot.id)
        raise
    return RedirectResponse(f"/?shot={shot.id}", status_code=303)


def _take_back(services: Services, shot_id: ShotId) -> None:
    services.board.remove_shot(shot_id)
