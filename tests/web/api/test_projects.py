"""New projects and episodes, by the API and by the page's own forms."""

from __future__ import annotations

import re

import httpx

from web.panels.conftest import library_studio as studio

__all__ = ["studio"]
NOWHERE = "0" * 32


def test_a_project_and_its_next_episode(studio: httpx.Client) -> None:
    answer = studio.post("/api/projects", json={"title": "Paper Lantern"})
    project = answer.json()
    assert answer.status_code == 201
    assert (project["title"], [each["number"] for each in project["episodes"]]) == (
        "Paper Lantern",
        [1],
    )
    made = studio.post(f"/api/projects/{project['id']}/episodes", json={"title": "Rain"})
    episode = made.json()
    assert made.status_code == 201
    assert (episode["number"], episode["title"]) == (2, "Rain")
    shots = studio.get("/api/shots", params={"episode": episode["id"]}).json()
    assert [shot["number"] for shot in shots] == [1]
    project["episodes"].append(episode)
    assert project in studio.get("/api/projects").json()


def test_neither_needs_a_title(studio: httpx.Client) -> None:
    project = studio.post("/api/projects").raise_for_status().json()
    episode = studio.post(f"/api/projects/{project['id']}/episodes").raise_for_status().json()
    assert (project["title"], episode["title"]) == ("", "")


def test_what_cannot_be_made_is_refused(studio: httpx.Client) -> None:
    before = studio.get("/api/projects").json()
    assert studio.post(f"/api/projects/{NOWHERE}/episodes").status_code == 404
    assert studio.post(f"/panels/projects/{NOWHERE}/episodes").status_code == 404
    assert studio.post("/api/projects", json={"title": "x" * 121}).status_code == 422
    assert studio.get("/api/projects").json() == before


def test_the_forms_lead_to_the_first_shot(studio: httpx.Client) -> None:
    for found in ("/panels/projects", "/panels/projects/{}/episodes"):
        before = studio.get("/api/projects").json()
        answer = studio.post(found.format(before[-1]["id"]))
        assert answer.status_code == 303
        assert re.fullmatch(r"/\?shot=[0-9a-f]{32}", answer.headers["location"])
        assert answer.headers["location"] in studio.get(answer.headers["location"]).text
        assert studio.get("/api/projects").json() != before
