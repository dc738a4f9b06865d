"""A request of the wrong form gets a sentence of the house, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import httpx
import pytest
from pydantic import BaseModel, Field, ValidationError

from e2e.studio_process import StudioProcess
from shortdrama.web.i18n import say
from shortdrama.web.validation import read_problems


class Dialect(StrEnum):
    VIDEOS = "videos"
    SEED = "seed"


class Form(BaseModel):
    text: str = Field(max_length=5)
    word: str = Field(default="a", min_length=1)
    count: int = Field(default=1, ge=1, le=600)
    share: float = Field(default=0.5, gt=0, lt=1)
    is_on: bool = False
    dialect: Dialect = Dialect.VIDEOS
    tags: list[str] = Field(default=[], max_length=2)
    code: str = Field(default="a", pattern="^a$")


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "“text” is missing."),
        ({"text": "longer"}, "“text” can have 5 characters at most."),
        ({"text": 5}, "“text” has to be a text."),
        ({"text": "a", "word": ""}, "“word” cannot be empty."),
        ({"text": "a", "count": 0}, "“count” has to be 1 or more."),
        ({"text": "a", "count": 601}, "“count” has to be 600 or less."),
        ({"text": "a", "count": "many"}, "“count” has to be a whole number."),
        ({"text": "a", "count": 1.5}, "“count” has to be a whole number."),
        ({"text": "a", "share": 0}, "“share” has to be more than 0.0."),
        ({"text": "a", "is_on": "perhaps"}, "“is_on” has to be true or false."),
        (
            {"text": "a", "dialect": "morse"},
            "“dialect” has to be one of these: 'videos' or 'seed'.",
        ),
        ({"text": "a", "tags": "one"}, "“tags” has to be a list."),
        ({"text": "a", "tags": ["a", "b", "c"]}, "“tags” can have 2 entries at most."),
        ({"text": "a", "tags": ["a", 5]}, "“tags.1” has to be a text."),
        ({"text": "a", "code": "b"}, "“code” does not have the right form."),
        ({"text": "a", "count": None}, "“count” has to be a whole number."),
    ],
)
def test_every_usual_kind_is_one_sentence(sent: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Form.model_validate(sent)
    (wrong,) = read_problems(caught.value.errors())
    assert say(wrong.template, wrong.details) == sentence


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    studio = StudioProcess(tmp_path_factory.mktemp("validation") / "data")
    studio.start()
    with httpx.Client(base_url=studio.url, trust_env=False) as client:
        yield client
    studio.stop()


def error_of(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 422
    error: dict[str, Any] = answer.json()["error"]
    return error


def test_the_answer_names_the_field_and_keeps_what_programs_need(api: httpx.Client) -> None:
    error = error_of(api.post("/api/takes", json={"prompt": "A tram", "seconds": 700}))
    assert error["message"] == "“seconds” has to be 600 or less."
    assert error["details"]["problems"] == [
        {
            "where": ["body", "seconds"],
            "code": "less_than_equal",
            "message": "“seconds” has to be 600 or less.",
            "le": 600,
        }
    ]


def test_it_is_said_in_chinese(api: httpx.Client) -> None:
    error = error_of(api.post("/api/takes", json={}, headers={"Accept-Language": "zh-CN"}))
    assert error["message"] == "缺少“prompt”。"
    error = error_of(api.get("/api/takes?limit=many", headers={"Accept-Language": "zh-CN"}))
    assert error["message"] == "“limit”必须是整数。"


def test_a_body_that_is_none(api: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}
    broken = error_of(api.post("/api/takes", content=b"{", headers=headers))
    assert broken["message"] == "The request's body is not valid JSON."
    assert error_of(api.post("/api/takes"))["message"] == "The request needs a body."


def test_a_form_s_field_is_called_as_on_the_page(api: httpx.Client) -> None:
    fields = {"base_url": "http://127.0.0.1:9/v1", "models": "a", "is_trusted": "maybe"}
    answer = api.post("/panels/connections", data=fields, headers={"Accept": "text/html"})
    assert answer.status_code == 422
    assert "“I trust this server: allow plain HTTP and private addresses” has to be" in answer.text


def test_what_was_sent_is_not_repeated(api: httpx.Client) -> None:
    key = {"not": "sk-made-up-for-this-test"}
    answer = api.post("/api/connections", json={"base_url": "x", "models": [], "key": key})
    assert error_of(answer)["message"] == "“key” has to be a text."
    assert "made-up" not in answer.text


def test_no_word_of_the_checker_is_left(api: httpx.Client) -> None:
    """Whatever the API is sent: "Input should be" and "Field required" are not the house's."""
    bodies: list[Any] = [{}, [], 5, {"prompt": 1, "models": 2, "id": 3, "size": []}]
    for path in ("/api/takes", "/api/prompts/check", "/api/connections", "/api/uploads"):
        for body in bodies:
            told = error_of(api.post(path, json=body))
            for problem in told["details"]["problems"]:
                assert problem["message"].startswith(("“", "The request"))
