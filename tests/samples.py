"""Rows for tests, written through the real stores."""

from __future__ import annotations

from datetime import UTC, datetime

from shortdrama.domain.asset import Asset, AssetKind, AssetRole
from shortdrama.domain.ids import AssetId, PromptId, ShotId, TakeId, new_id
from shortdrama.domain.model import BUILT_IN, PREVIZ_MODEL
from shortdrama.domain.prompt import Prompt
from shortdrama.domain.take import Clip, Failure, FailureKind, Money, Take, TakeRequest, TakeStatus
from shortdrama.storage.db.database import Database


def sample_clip() -> Clip:
    return Clip(
        video_key=(new_id() * 2)[:64],
        poster_key=None,
        last_frame_key=None,
        bytes=1000,
        duration_ms=4000,
        width=720,
        height=1280,
        has_audio=True,
    )


def add_take(
    records: Database, shot_id: ShotId, status: TakeStatus, prompt: str = "A tram at night"
) -> Take:
    """A take of the shot in any state, with what that state demands."""
    now = datetime.now(UTC)
    failure = Failure(FailureKind.UNKNOWN, "It failed.", Money.NONE)
    has_failed = status in (TakeStatus.FAILED, TakeStatus.UNCERTAIN, TakeStatus.STALLED)
    with records.begin() as tx:
        prompt_id = PromptId(new_id())
        tx.prompts.add(Prompt(prompt_id, prompt, shot_id, now))
        take = Take(
            id=TakeId(new_id()),
            shot_id=shot_id,
            prompt_id=prompt_id,
            number=tx.takes.next_number(shot_id),
            request=TakeRequest(prompt, PREVIZ_MODEL, BUILT_IN, 4, "720x1280"),
            status=status,
            created_at=now,
            updated_at=now,
            failure=failure if has_failed else None,
            clip=sample_clip() if status is TakeStatus.READY else None,
        )
        tx.takes.add(take, new_id(), "fingerprint")
    return take


def add_asset(
    records: Database,
    name: str = "Mei",
    kind: AssetKind = AssetKind.PICTURE,
    key: str | None = None,
) -> Asset:
    """In the records; of its blob only the key, made up where none is given."""
    asset = Asset(
        id=AssetId(new_id()),
        key=key or new_id() * 2,
        name=name,
        file_name=f"{name}.png",
        kind=kind,
        role=AssetRole.FILE,
        mime="image/png",
        bytes=10,
        created_at=datetime.now(UTC),
    )
    with records.begin() as tx:
        tx.assets.add(asset)
    return asset


def kinds_of_events(records: Database) -> list[str]:
    with records.read() as tx:
        return [event.kind for event in tx.events.after(0)]
