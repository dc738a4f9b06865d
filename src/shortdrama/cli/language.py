"""The language of the terminal, from the variables that every program goes by."""

from __future__ import annotations

import os
from collections.abc import Mapping

from shortdrama.errors import StudioError
from shortdrama.web.i18n import choose_language, language, say


def speak_language(environment: Mapping[str, str] = os.environ) -> None:
    """Chinese where the locale says so, else English. For this command, not for a server's pages.

    The first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set decides (POSIX, section 8.2).
    """
    named = next(filter(None, map(environment.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    language.set(choose_language(named.split(".")[0].replace("_", "-")))


def sentence_of(error: StudioError) -> str:
    """What an error says, in the language that is spoken."""
    return say(error.template, error.details)
