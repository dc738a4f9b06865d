"""What one room needs to know of another: rooms of features do not import each other.

So what an order comes to, which shot is meant where none is named, and which connection is in use
are answered here, and handed to the services that ask.
"""

from __future__ import annotations

from collections.abc import Callable

from shortdrama.board.service import BoardService
from shortdrama.connections.service import ConnectionService
from shortdrama.domain.ids import ConnectionId, ShotId
from shortdrama.domain.model import BUILT_IN, ENVIRONMENT
from shortdrama.errors import InvalidInput, NotFound
from shortdrama.generation.orders import TakeOrder, Terms
from shortdrama.prompts.service import PromptForm, PromptService


def terms_of(
    connections: ConnectionService, prompts: PromptService
) -> Callable[[TakeOrder], Terms]:
    """What an order comes to: asked by the take service before it keeps one.

    The answer raises `InvalidInput` for the first problem of the prompt, or where no connection or
    several offer the model.
    """

    def terms(order: TakeOrder) -> Terms:
        choice = connections.choice(order.model, order.connection_id)
        form = PromptForm(
            order.prompt,
            order.model,
            order.seconds,
            order.size,
            order.references,
            choice.connection_id,
            order.mode,
            order.extra,
        )
        problems = prompts.check(form)
        if problems:
            first = problems[0]
            raise InvalidInput(first.template, code=first.code, field=first.where, **first.details)
        estimate = prompts.estimate(form)
        capability = choice.capability
        mode = capability.mode_for(len(order.references), order.mode)
        return Terms(
            choice.connection_id,
            estimate.micro_usd,
            estimate.seconds,
            mode,
            capability.unit_prices,
            is_kept=choice.connection_id not in {BUILT_IN, ENVIRONMENT},
        )

    return terms


def default_shot(board: BoardService) -> ShotId:
    """The last one of the board."""
    return board.current().shots[-1].shot.id


def connection_in_use(
    connections: ConnectionService, last: ConnectionId | None
) -> tuple[str, bool]:
    """Its base URL, and whether its key is there.

    `last` is where the shot's last take was ordered; without one, and where that connection was
    removed, it is the default's.
    """
    if last is None:
        last = connections.default_choice().connection_id
    if last == BUILT_IN:
        return "/v1", False
    try:
        connection = connections.get(last)
    except NotFound:
        return connection_in_use(connections, None)
    return connection.base_url, connection.has_key
