"""What routes may use: the services of the features, joined by the composition root."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from shortdrama.access.client_keys import ClientKeyService
from shortdrama.access.users import UserService
from shortdrama.assets.service import AssetService
from shortdrama.board.service import BoardService
from shortdrama.connections.service import ConnectionService
from shortdrama.generation.service import TakeService
from shortdrama.money.service import MoneyService
from shortdrama.prompts.service import PromptService
from shortdrama.settings import Settings
from shortdrama.state.hub import EventHub
from shortdrama.state.snapshot import StateService
from shortdrama.web.door.ports import DoorTools
from shortdrama.web.health import Health


class BlobReader(Protocol):
    """Bytes for the player: a file where there is one, a stream of a range elsewhere."""

    def local_file(self, key: str) -> Path | None: ...

    def size(self, key: str) -> int | None: ...

    def stream(self, key: str, start: int, stop: int) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    assets: AssetService
    takes: TakeService
    money: MoneyService
    prompts: PromptService
    board: BoardService
    connections: ConnectionService
    state: StateService
    hub: EventHub
    blobs: BlobReader
    users: UserService
    client_keys: ClientKeyService
    door: DoorTools
    health: Health
    metrics_token: str
    start: Callable[[], Awaitable[None]]
    stop: Callable[[], Awaitable[None]]


def get_services(connection: HTTPConnection) -> Services:
    """FastAPI dependency; works for routes of any kind."""
    return cast(Services, connection.app.state.services)


GivenServices = Annotated[Services, Depends(get_services)]
