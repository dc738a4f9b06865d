"""The queue menu's rows: everything of this episode that is on its way or waits for a person."""

from __future__ import annotations

from dataclasses import dataclass

from shortdrama.domain.take import WAITING_FOR_PERSON
from shortdrama.web.panels.studio.place import card_of, model_labels
from shortdrama.web.panels.takes.card import TakeCard
from shortdrama.web.services import Services


@dataclass(frozen=True, slots=True)
class QueueRow:
    card: TakeCard
    shot_id: str
    shot_number: int


def queue_rows(services: Services) -> list[QueueRow]:
    """Oldest first."""
    labels = model_labels(services)
    rows = [
        QueueRow(card_of(services, view, take, labels), view.shot.id, view.shot.number)
        for view in services.board.current().shots
        for take in view.takes
        if take.is_active or take.status in WAITING_FOR_PERSON
    ]
    return sorted(rows, key=lambda row: row.card.id)
