"""Where a take of the command line goes: a new shot, unless one is named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from shortdrama.cli.studio_api import StudioApi
from shortdrama.domain.ids import is_id
from shortdrama.errors import InvalidInput
from shortdrama.web.i18n import _

_NUMBER = re.compile(r"0*([1-9]\d{0,5})")


@dataclass(frozen=True, slots=True)
class Place:
    """A shot, with the names of what it is in."""

    shot_id: str
    shot_number: int
    is_new: bool  # nothing was made or written in it yet
    project: dict[str, Any]
    episode: dict[str, Any]

    @property
    def words(self) -> str:
        project = self.project["title"] or _("Untitled project")
        episode = self.episode["title"] or _("Untitled episode")
        shot = _("Shot %(number)s") % {"number": f"{self.shot_number:02d}"}
        return f"{project} / {self.episode['number']} · {episode} / {shot}"


async def find_place(api: StudioApi, project: str | None, shot: str | None) -> Place:
    """The named shot; else a new one in the newest episode of the project.

    `project` is a title or an id, `shot` a number in that episode or an id. Where the last shot
    of the episode is still empty, it is the new one.

    Raises:
        InvalidInput: There is no such project or shot.
    """
    current = (await api.ask("GET", "/api/shots"))[-1]  # also founds a fresh studio
    projects = await api.ask("GET", "/api/projects")
    if shot is not None and is_id(shot):
        return await _place_of(api, projects, shot)
    chosen = _named(projects, project) if project else _holding(projects, current["episode_id"])
    episode = chosen["episodes"][-1]
    shots = await api.ask("GET", "/api/shots", params={"episode": episode["id"]})
    if shot is not None:
        return _place(chosen, episode, _numbered(shots, shot))
    last = shots[-1]
    if last["take_count"] or last["prompt_text"]:
        last = await api.ask("POST", "/api/shots", json={"episode_id": episode["id"]})
    return _place(chosen, episode, last)


async def _place_of(api: StudioApi, projects: list[dict[str, Any]], shot_id: str) -> Place:
    for project in projects:
        for episode in project["episodes"]:
            shots = await api.ask("GET", "/api/shots", params={"episode": episode["id"]})
            for shot in shots:
                if shot["id"] == shot_id:
                    return _place(project, episode, shot)
    raise InvalidInput("This shot is not here any more.", code="shot_unknown")


def _place(project: dict[str, Any], episode: dict[str, Any], shot: dict[str, Any]) -> Place:
    is_new = not shot["take_count"] and not shot["prompt_text"]
    return Place(shot["id"], shot["number"], is_new, project, episode)


def _named(projects: list[dict[str, Any]], name: str) -> dict[str, Any]:
    wanted = name.strip().casefold()
    found = [
        each
        for each in projects
        if name == each["id"]
        or wanted in {each["title"].casefold(), (each["title"] or "Untitled project").casefold()}
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidInput(
            "Several projects are called %(name)s. Give the id of one: %(ids)s.",
            name=name,
            ids=", ".join(each["id"] for each in found),
        )
    titles = ", ".join(each["title"] or _("Untitled project") for each in projects)
    raise InvalidInput(
        "There is no project %(name)s. There are: %(titles)s.", name=name, titles=titles
    )


def _holding(projects: list[dict[str, Any]], episode_id: str) -> dict[str, Any]:
    return next(p for p in projects if any(e["id"] == episode_id for e in p["episodes"]))


def _numbered(shots: list[dict[str, Any]], number: str) -> dict[str, Any]:
    match = _NUMBER.fullmatch(number.strip())
    wanted = int(match[1]) if match else 0
    found = next((shot for shot in shots if shot["number"] == wanted), None)
    if found is None:
        raise InvalidInput(
            "There is no shot %(shot)s in this episode. Its last one is %(last)s.",
            shot=number,
            last=shots[-1]["number"],
        )
    return dict(found)
