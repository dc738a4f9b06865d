"""The board: projects and their episodes, the shots of an episode, and which take plays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from shortdrama.board.api_project import API_PROJECT
from shortdrama.board.founding import found_episode, found_project, found_sample, new_shot
from shortdrama.board.ports import BoardRecords, BoardTransaction
from shortdrama.board.sample import SAMPLE_PROJECT, OpenSample, read_sample
from shortdrama.domain.ids import EpisodeId, ProjectId, ShotId, TakeId
from shortdrama.domain.project import Episode, Project, Scene, Shot
from shortdrama.domain.prompt import MAX_CHARS
from shortdrama.domain.take import Take, TakeStatus
from shortdrama.errors import Conflict, InvalidInput, NotFound

MAX_TITLE = 120
MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class ShotView:
    """A shot with its takes, newest first, and the one that is shown."""

    shot: Shot
    takes: tuple[Take, ...]

    @property
    def shown_take(self) -> Take | None:
        """The selected take, else the newest one that is ready and not rejected."""
        by_id = {take.id: take for take in self.takes}
        selected = by_id.get(self.shot.selected_take_id) if self.shot.selected_take_id else None
        ready = (t for t in self.takes if t.status is TakeStatus.READY and not t.is_rejected)
        return selected or next(ready, None)

    @property
    def state(self) -> str:
        """One word for the filmstrip: what the newest unfinished business is."""
        newest = self.takes[0] if self.takes else None
        if newest is None:
            return "draft"
        if newest.is_active or newest.status in (TakeStatus.UNCERTAIN, TakeStatus.STALLED):
            return newest.status.value
        if self.shown_take is not None:
            return "selected" if self.shot.selected_take_id else "ready"
        return newest.status.value


@dataclass(frozen=True, slots=True)
class BoardView:
    project: Project
    episode: Episode
    scenes: tuple[Scene, ...]
    shots: tuple[ShotView, ...]

    def shot(self, shot_id: ShotId) -> ShotView | None:
        return next((view for view in self.shots if view.shot.id == shot_id), None)


@dataclass(frozen=True, slots=True)
class EpisodeView:
    """An episode and the shot that it opens with."""

    episode: Episode
    first_shot: ShotId


@dataclass(frozen=True, slots=True)
class ProjectView:
    project: Project
    episodes: tuple[EpisodeView, ...]


class BoardService:
    def __init__(self, records: BoardRecords) -> None:
        self._records = records

    def current(self) -> BoardView:
        """The newest episode of the studio's own project: the oldest but the sample and the API's.

        A fresh studio gets one untitled project, episode and shot.
        """
        with self._records.read() as tx:
            episode = _own_episode(tx)
            if episode is not None:
                return _view(tx, episode)
        with self._records.begin() as tx:
            tx.lock("board")
            return _view(tx, _own_episode(tx) or found_project(tx))

    def projects(self) -> tuple[ProjectView, ...]:
        """Every project with its episodes, oldest first."""
        with self._records.read() as tx:
            return tuple(
                ProjectView(project, tuple(_openings(tx, project.id)))
                for project in tx.projects.all()
            )

    def add_project(self, title: str = "") -> BoardView:
        """A new project with its first episode and shot."""
        title = _one_line(title, MAX_TITLE)
        with self._records.begin() as tx:
            tx.lock("board")
            episode = found_project(tx, title)
            tx.events.append("project.changed", {})
            return _view(tx, episode)

    def add_episode(self, project_id: ProjectId, title: str = "") -> BoardView:
        """The next episode of the project, with its first shot.

        Raises:
            Conflict: The project is that of programs, whose episodes are days.
        """
        title = _one_line(title, MAX_TITLE)
        if project_id == API_PROJECT:
            raise Conflict("This project gets its episodes from the programs that order here.")
        with self._records.begin() as tx:
            tx.lock("board")
            _must_be_here(tx, project_id)
            episode = found_episode(tx, project_id, title)
            tx.events.append("project.changed", {})
            return _view(tx, episode)

    def open_sample(self) -> OpenSample:
        """The sample episode, made where it is not there yet. Its takes are the caller's to order.

        What a person did to the sample stays as it is: a shot that has a take of any kind, or
        another text, is not missing.
        """
        sample = read_sample()
        # A conflict: another process of this studio has just made it.
        with suppress(Conflict), self._records.begin() as tx:
            if not tx.episodes.of_project(SAMPLE_PROJECT):
                found_sample(tx, sample)
        with self._records.read() as tx:
            shots = tx.shots.of_episode(tx.episodes.of_project(SAMPLE_PROJECT)[0].id)
            takes = tx.takes.of_shots([shot.id for shot in shots])
        planned = {shot.prompt: shot for shot in sample.shots}
        missing = tuple(
            (shot.id, planned[shot.prompt_text])
            for shot in shots
            if shot.prompt_text in planned and not takes.get(shot.id)
        )
        return OpenSample(shots[0].id, missing)

    def episode_view(self, episode_id: EpisodeId) -> BoardView:
        with self._records.read() as tx:
            episode = tx.episodes.get(episode_id)
            if episode is None:
                raise NotFound("This episode is not here any more.")
            return _view(tx, episode)

    def shot(self, shot_id: ShotId) -> Shot:
        with self._records.read() as tx:
            return _shot(tx, shot_id)

    def add_shot(self, episode_id: EpisodeId) -> Shot:
        """A new last shot of the episode, in its last scene."""
        with self._records.begin() as tx:
            tx.lock("board")
            scenes = tx.scenes.of_episode(episode_id)
            if not scenes:
                raise NotFound("This episode is not here any more.")
            shots = tx.shots.of_episode(episode_id)
            shot = new_shot(scenes[-1], max((s.number for s in shots), default=0) + 1)
            tx.shots.add(shot)
            _tell(tx, "shot.added", shot)
            return shot

    def remove_shot(self, shot_id: ShotId) -> None:
        """Only a shot without takes; what was paid for is never dropped with it.

        Raises:
            Conflict: The shot has takes, or is the only one of its episode.
        """
        with self._records.begin() as tx:
            shot = _shot(tx, shot_id)
            if tx.takes.of_shot(shot_id):
                raise Conflict("This shot has takes, so it stays.", code="shot_has_takes")
            if len(tx.shots.of_episode(shot.episode_id)) == 1:
                raise Conflict("An episode keeps at least one shot.", code="last_shot")
            tx.shots.remove(shot_id)
            _tell(tx, "shot.removed", shot)

    def keep_draft(self, shot_id: ShotId, text: str) -> None:
        """What stands in the prompt box, so that a reload or another tab finds it."""
        with self._records.begin() as tx:
            shot = _shot(tx, shot_id)
            if shot.prompt_text == text[:MAX_CHARS]:
                return
            tx.shots.change(shot_id, {"prompt_text": text[:MAX_CHARS]})
            _tell(tx, "shot.draft", shot)

    def select_take(self, shot_id: ShotId, take_id: TakeId | None) -> None:
        """Make the take the one that plays in the cut; None takes the choice back.

        Raises:
            Conflict: The take is not ready, or belongs to another shot.
        """
        with self._records.begin() as tx:
            shot = _shot(tx, shot_id)
            if take_id is not None:
                take = _take(tx, take_id)
                if take.shot_id != shot_id or take.status is not TakeStatus.READY:
                    raise Conflict("Only a ready take of this shot can be selected.")
                if take.is_rejected:
                    tx.takes.note(take_id, {"is_rejected": False, "reject_reason": ""})
            tx.shots.select_take(shot_id, take_id)
            _tell(tx, "shot.changed", shot)

    def reject_take(self, take_id: TakeId, reason: str = "") -> None:
        """Set aside, never deleted. A selected take loses its place."""
        with self._records.begin() as tx:
            take = _take(tx, take_id)
            if take.status is not TakeStatus.READY:
                raise Conflict("Only a ready take can be rejected.")
            reason = _one_line(reason, MAX_REASON)
            tx.takes.note(take_id, {"is_rejected": True, "reject_reason": reason})
            shot = _shot(tx, take.shot_id)
            if shot.selected_take_id == take_id:
                tx.shots.select_take(shot.id, None)
            _tell(tx, "shot.changed", shot)

    def restore_take(self, take_id: TakeId) -> None:
        with self._records.begin() as tx:
            take = _take(tx, take_id)
            tx.takes.note(take_id, {"is_rejected": False, "reject_reason": ""})
            _tell(tx, "shot.changed", _shot(tx, take.shot_id))

    def rename_project(self, project_id: ProjectId, title: str) -> None:
        with self._records.begin() as tx:
            _must_be_here(tx, project_id)
            tx.projects.rename(project_id, _one_line(title, MAX_TITLE))
            tx.events.append("project.changed", {})

    def rename_episode(self, episode_id: EpisodeId, title: str) -> None:
        with self._records.begin() as tx:
            if tx.episodes.get(episode_id) is None:
                raise NotFound("This episode is not here any more.")
            tx.episodes.rename(episode_id, _one_line(title, MAX_TITLE))
            tx.events.append("project.changed", {})


def _own_episode(tx: BoardTransaction) -> Episode | None:
    others = {SAMPLE_PROJECT, API_PROJECT}
    own = next((p for p in tx.projects.all() if p.id not in others), None)
    return tx.episodes.of_project(own.id)[-1] if own else None


def _must_be_here(tx: BoardTransaction, project_id: ProjectId) -> None:
    if project_id not in {project.id for project in tx.projects.all()}:
        raise NotFound("This project is not here any more.")


def _openings(tx: BoardTransaction, project_id: ProjectId) -> Iterator[EpisodeView]:
    for episode in tx.episodes.of_project(project_id):
        first = tx.shots.first_of(episode.id)
        if first is not None:
            yield EpisodeView(episode, first.id)


def _view(tx: BoardTransaction, episode: Episode) -> BoardView:
    project = next(p for p in tx.projects.all() if p.id == episode.project_id)
    shots = tx.shots.of_episode(episode.id)
    takes = tx.takes.of_shots([shot.id for shot in shots])
    views = tuple(ShotView(shot, tuple(takes.get(shot.id, ()))) for shot in shots)
    return BoardView(project, episode, tuple(tx.scenes.of_episode(episode.id)), views)


def _shot(tx: BoardTransaction, shot_id: ShotId) -> Shot:
    shot = tx.shots.get(shot_id)
    if shot is None:
        raise NotFound("This shot is not here any more.")
    return shot


def _take(tx: BoardTransaction, take_id: TakeId) -> Take:
    take = tx.takes.get(take_id)
    if take is None:
        raise NotFound("This take is not here any more.")
    return take


def _tell(tx: BoardTransaction, kind: str, shot: Shot) -> None:
    tx.events.append(kind, {"shot_id": shot.id, "episode_id": shot.episode_id})


def _one_line(text: str, most: int) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(line) > most:
        raise InvalidInput("This is longer than %(most)s characters.", code="too_long", most=most)
    return line
