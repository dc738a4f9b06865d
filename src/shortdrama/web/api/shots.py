"""Shots and the choice among their takes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from shortdrama.domain.ids import EpisodeId, ProjectId, ShotId, TakeId
from shortdrama.domain.project import Episode, Shot
from shortdrama.web.api.shapes import Id, may_answer
from shortdrama.web.services import GivenServices

router = APIRouter(prefix="/api", tags=["shots"])
ID_PATTERN = "^[0-9a-f]{32}$"


class ShotAnswer(BaseModel):
    id: str
    episode_id: str
    number: int
    prompt_text: str
    selected_take_id: str | None
    take_count: int


class EpisodeAnswer(BaseModel):
    id: str
    number: int
    title: str


class ProjectAnswer(BaseModel):
    id: str
    title: str = Field(description="Empty: not named yet")
    episodes: list[EpisodeAnswer] = Field(description="The oldest first")


class NewShot(BaseModel):
    episode_id: str | None = Field(default=None, pattern=ID_PATTERN)


class Draft(BaseModel):
    text: str = Field(max_length=32_000)


class Selection(BaseModel):
    take_id: str | None = Field(pattern=ID_PATTERN)


class Rejection(BaseModel):
    reason: str = Field(default="", max_length=500)


class Title(BaseModel):
    title: str = Field(max_length=120)


class FirstTitle(BaseModel):
    title: str = Field(default="", max_length=120, description="Empty: not named yet")


def _answer(shot: Shot, take_count: int = 0) -> ShotAnswer:
    return ShotAnswer(
        id=shot.id,
        episode_id=shot.episode_id,
        number=shot.number,
        prompt_text=shot.prompt_text,
        selected_take_id=shot.selected_take_id,
        take_count=take_count,
    )


def _episode_answer(episode: Episode) -> EpisodeAnswer:
    return EpisodeAnswer(id=episode.id, number=episode.number, title=episode.title)


@router.get("/projects")
def list_projects(services: GivenServices) -> list[ProjectAnswer]:
    """Every project with its episodes, the oldest first."""
    return [
        ProjectAnswer(
            id=view.project.id,
            title=view.project.title,
            episodes=[_episode_answer(opening.episode) for opening in view.episodes],
        )
        for view in services.board.projects()
    ]


@router.post("/projects", status_code=201, responses=may_answer())
def add_project(services: GivenServices, wanted: FirstTitle | None = None) -> ProjectAnswer:
    """A new project with its first episode and shot."""
    view = services.board.add_project(wanted.title if wanted else "")
    episodes = [_episode_answer(view.episode)]
    return ProjectAnswer(id=view.project.id, title=view.project.title, episodes=episodes)


@router.post("/projects/{project_id}/episodes", status_code=201, responses=may_answer(404, 409))
def add_episode(
    project_id: Id, services: GivenServices, wanted: FirstTitle | None = None
) -> EpisodeAnswer:
    """The next episode of the project, with its first shot."""
    title = wanted.title if wanted else ""
    return _episode_answer(services.board.add_episode(ProjectId(project_id), title).episode)


@router.get("/shots", responses=may_answer(404))
def list_shots(
    services: GivenServices,
    episode: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
) -> list[ShotAnswer]:
    """The shots of an episode (the current one where none is named), in order."""
    board = services.board
    view = board.episode_view(EpisodeId(episode)) if episode else board.current()
    return [_answer(each.shot, len(each.takes)) for each in view.shots]


@router.post("/shots", status_code=201, responses=may_answer(404))
def add_shot(services: GivenServices, wanted: NewShot | None = None) -> ShotAnswer:
    """A new last shot, of the current episode where none is named."""
    named = wanted.episode_id if wanted else None
    episode_id = EpisodeId(named) if named else services.board.current().episode.id
    return _answer(services.board.add_shot(episode_id))


@router.delete("/shots/{shot_id}", status_code=204, responses=may_answer(404, 409))
def remove_shot(shot_id: Id, services: GivenServices) -> Response:
    """Only a shot without takes."""
    services.board.remove_shot(ShotId(shot_id))
    return Response(status_code=204)


@router.put("/shots/{shot_id}/draft", status_code=204, responses=may_answer(404))
def keep_draft(shot_id: Id, draft: Draft, services: GivenServices) -> Response:
    """What stands in the prompt box."""
    services.board.keep_draft(ShotId(shot_id), draft.text)
    return Response(status_code=204)


@router.put("/shots/{shot_id}/selected-take", status_code=204, responses=may_answer(404, 409))
def select_take(shot_id: Id, selection: Selection, services: GivenServices) -> Response:
    """The take that plays in the cut; null takes the choice back."""
    take_id = TakeId(selection.take_id) if selection.take_id else None
    services.board.select_take(ShotId(shot_id), take_id)
    return Response(status_code=204)


@router.post("/takes/{take_id}/rejection", status_code=204, responses=may_answer(404, 409))
def reject_take(
    take_id: Id, services: GivenServices, rejection: Rejection | None = None
) -> Response:
    """Set a take aside, with an optional reason. Nothing is deleted."""
    services.board.reject_take(TakeId(take_id), rejection.reason if rejection else "")
    return Response(status_code=204)


@router.delete("/takes/{take_id}/rejection", status_code=204, responses=may_answer(404))
def restore_take(take_id: Id, services: GivenServices) -> Response:
    services.board.restore_take(TakeId(take_id))
    return Response(status_code=204)


@router.put("/projects/{project_id}/title", status_code=204, responses=may_answer(404))
def rename_project(project_id: Id, wanted: Title, services: GivenServices) -> Response:
    services.board.rename_project(ProjectId(project_id), wanted.title)
    return Response(status_code=204)


@router.put("/episodes/{episode_id}/title", status_code=204, responses=may_answer(404))
def rename_episode(episode_id: Id, wanted: Title, services: GivenServices) -> Response:
    services.board.rename_episode(EpisodeId(episode_id), wanted.title)
    return Response(status_code=204)
