"""The house as a stranger finds it: the documentation is true, and nothing lies about."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

from shortdrama import errors
from shortdrama.cli import app

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "shortdrama"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return listed.stdout.splitlines()


def test_the_root_holds_what_it_should() -> None:
    allowed = {
        ".ci",
        ".dockerignore",
        ".gitignore",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "Dockerfile",
        "LICENSE",
        "Makefile",
        "README.md",
        "bench",
        "compose.yaml",
        "deploy",
        "docs",
        "pyproject.toml",
        "requirements",
        "scripts",
        "src",
        "tests",
    }
    assert {name.split("/")[0] for name in tracked()} == allowed


def test_every_folder_and_page_that_the_documents_name_is_there() -> None:
    for document in ("README.md", "CONTRIBUTING.md", "docs/architecture.md"):
        path = ROOT / document
        text = path.read_text(encoding="utf-8")
        linked = re.findall(r"\]\((?!https?:)([^)#]+)", text)
        assert [link for link in linked if not (path.parent / link).exists()] == []
    named = re.findall(r"`(src/shortdrama/[\w/]+)`", README)
    assert len(named) > 10
    assert [folder for folder in named if not (ROOT / folder).is_dir()] == []


def test_the_readme_names_every_command_and_no_other() -> None:
    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    assert set(re.findall(r"^    shortdrama (\w+)", README, re.MULTILINE)) == known


def test_make_has_every_target_that_is_named() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    text = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^    make (\w+)", text, re.MULTILINE))
    assert [name for name in named if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []


def test_every_room_says_what_it_is_for() -> None:
    packages = [path for path in SOURCE.rglob("__init__.py") if path.parent != SOURCE]
    silent = [
        str(path.relative_to(SOURCE))
        for path in packages
        if not path.read_text(encoding="utf-8").lstrip().startswith('"""')
    ]
    assert silent == []


def test_the_error_tree_is_drawn_whole() -> None:
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__ or ""))

    def below(base: type[errors.StudioError]) -> set[str]:
        mine = [c for c in base.__subclasses__() if c.__module__ == errors.__name__]
        return {c.__name__ for c in mine}.union(*(below(c) for c in mine))

    assert drawn == below(errors.StudioError)


# The glossary's last column, where a word can hardly mean anything else on a page.
@pytest.mark.parametrize("word", ["variant", "storyboard", "sequence", "movie", "timed out"])
def test_pages_use_the_glossarys_words(word: str) -> None:
    templates = [*SOURCE.rglob("*.html"), *SOURCE.glob("web/panels/**/*.js")]
    said = re.compile(rf"\b{word}s?\b", re.IGNORECASE)
    texts = {
        path: re.findall(r"""\b_\(\s*["'](.+?)["']""", path.read_text(encoding="utf-8"))
        for path in templates
    }
    assert [str(p) for p, found in texts.items() if any(map(said.search, found))] == []
