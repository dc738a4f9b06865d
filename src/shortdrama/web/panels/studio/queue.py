"""The queue menu's rows: everything that is on its way or waits for a person."""

from __future__ import annotations

from dataclasses import dataclass

from shortdrama.board.service import ShotView
from shortdrama.domain.project import Shot
from shortdrama.domain.take import Take
from shortdrama.web.panels.studio.place import card_of, model_labels
from shortdrama.web.panels.takes.card import ModelLabels, TakeCard
from shortdrama.web.services import Services


@dataclass(frozen=True, slots=True)
class QueueRow:
    card: TakeCard
    shot_id: str
    shot_number: int


def queue_rows(services: Services) -> list[QueueRow]:
    """Of every project, oldest first."""
    labels = model_labels(services)
    takes = services.takes.queue()
    shots = {shot_id: services.board.shot(shot_id) for shot_id in {t.shot_id for t in takes}}
    return [_row(services, shots[take.shot_id], take, labels) for take in takes]


def _row(services: Services, shot: Shot, take: Take, labels: ModelLabels) -> QueueRow:
    card = card_of(services, ShotView(shot, takes=()), take, labels)
    return QueueRow(card, shot.id, shot.number)
