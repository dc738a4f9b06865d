"""The seed's page state, for the shot that is looked at.

    {assets, current_video, generation_status, prompt_history, api_config}

`generation_status` is `idle | generating | complete | error`, derived from the takes of the
shot; `api_config` tells where the shot's requests go and whether a key is there, never the key:
the connection of its newest take, or that of the default model.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Protocol

from shortdrama.domain.asset import Asset
from shortdrama.domain.ids import ConnectionId, ShotId
from shortdrama.domain.project import Shot
from shortdrama.domain.prompt import Prompt
from shortdrama.domain.take import Take, TakeStatus
from shortdrama.state.ports import EventLog

ASSETS_SHOWN = 100
PROMPTS_SHOWN = 50


class ShotReader(Protocol):
    def get(self, shot_id: ShotId) -> Shot | None: ...

    def newest(self) -> Shot | None: ...


class TakeReader(Protocol):
    def of_shot(self, shot_id: ShotId) -> list[Take]: ...


class PromptReader(Protocol):
    def page(self, query: str, before: None, limit: int) -> list[Prompt]: ...


class AssetReader(Protocol):
    def newest(self, limit: int) -> list[Asset]: ...


class StateTransaction(Protocol):
    @property
    def shots(self) -> ShotReader: ...
    @property
    def takes(self) -> TakeReader: ...
    @property
    def prompts(self) -> PromptReader: ...
    @property
    def assets(self) -> AssetReader: ...
    @property
    def events(self) -> EventLog: ...


class StateRecords(Protocol):
    def read(self) -> AbstractContextManager[StateTransaction]:
        """One view that never waits for a writer."""
        ...


class ConnectionInUse(Protocol):
    def __call__(self, last: ConnectionId | None) -> tuple[str, bool]:
        """(base URL, has key) of `last`; of the default model's where that is None, or gone."""
        ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment: all rows are of one transaction, `event_id` is where the stream goes on."""

    event_id: int
    assets: tuple[Asset, ...]
    shot: Shot | None
    takes: tuple[Take, ...]
    prompts: tuple[Prompt, ...]
    api_config: dict[str, Any]

    @property
    def current_take(self) -> Take | None:
        """The selected take of the shot, else its newest ready one."""
        ready = [take for take in self.takes if take.status is TakeStatus.READY]
        selected = self.shot.selected_take_id if self.shot else None
        shown = [take for take in ready if take.id == selected] or [
            take for take in ready if not take.is_rejected
        ]
        return shown[0] if shown else None

    @property
    def generation_status(self) -> str:
        newest = self.takes[0] if self.takes else None
        if newest is None or newest.status in (TakeStatus.CANCELLED, TakeStatus.DRAFT):
            return "complete" if self.current_take else "idle"
        if newest.is_active:
            return "generating"
        return "complete" if newest.status is TakeStatus.READY else "error"


class StateService:
    def __init__(self, records: StateRecords, connection_in_use: ConnectionInUse) -> None:
        self._records = records
        self._connection_in_use = connection_in_use

    def newest_event_id(self) -> int:
        """Where a page that is rendered now begins to listen."""
        with self._records.read() as tx:
            return tx.events.newest_id()

    def snapshot(self, shot_id: ShotId | None = None) -> Snapshot:
        """Of the given shot, or of the newest."""
        with self._records.read() as tx:
            shot = tx.shots.get(shot_id) if shot_id else tx.shots.newest()
            rows = Snapshot(
                event_id=tx.events.newest_id(),
                assets=tuple(tx.assets.newest(ASSETS_SHOWN)),
                shot=shot,
                takes=tuple(tx.takes.of_shot(shot.id)) if shot else (),
                prompts=tuple(tx.prompts.page("", None, PROMPTS_SHOWN)),
                api_config={},
            )
        # Not within: it has a view of its own, and a keyring may be slow.
        last = rows.takes[0].request.connection_id if rows.takes else None
        base_url, has_key = self._connection_in_use(last)
        return replace(rows, api_config={"base_url": base_url, "has_key": has_key})
