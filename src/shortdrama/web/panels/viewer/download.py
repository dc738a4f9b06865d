"""Under which name a take is kept on the disk of whoever downloads it. Pure."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

from shortdrama.web.i18n import _
from shortdrama.web.panels.studio.place import Place

# Windows forbids the first ten, and takes "%" for a variable; "#" ends an address.
_FORBIDDEN = re.compile(r'[\\/:*?"<>|%#]')
_UNSEEN = {"Cc", "Cf", "Cs"}  # controls, marks of direction, halves of letters
_JOINERS = "\u200c\u200d"  # they hold letters of some scripts, and emoji, together
# Windows keeps these for devices, whatever comes after a full stop.
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|$)", re.IGNORECASE)
# A file's name may have 255 bytes; two titles leave room for the rest and for " (1)".
_TITLE_BYTES = 80


def download_url(place: Place) -> str:
    """Of the take that is shown; "" where none is."""
    if place.shown is None or place.shown.clip is None:
        return ""
    return f"/media/{place.shown.clip.video_key}/{quote(download_name(place))}?download=1"


def download_name(place: Place) -> str:
    """ "Night Market - Episode 3 The last stall - Shot 07, take 2.mp4", in the page's language."""
    episode = place.board.episode
    project = _tidy(place.board.project.title) or _("Untitled project")
    number = _("Episode %(number)s") % {"number": episode.number}
    take = _("Shot %(shot)s, take %(take)s") % {
        "shot": f"{place.view.shot.number:02d}",
        "take": place.shown.number if place.shown else 0,
    }
    name = " - ".join((project, f"{number} {_tidy(episode.title)}".strip(), take))
    return ("_" if _DEVICES.match(name) else "") + name + ".mp4"


def _tidy(title: str) -> str:
    """A title without what a file's name may not have, on any system."""
    seen = "".join(map(_plain, unicodedata.normalize("NFC", title)))
    words = " ".join(_FORBIDDEN.sub(" ", seen).split())
    short = words.encode()[:_TITLE_BYTES].decode(errors="ignore")
    return short.strip(" .-~")


def _plain(letter: str) -> str:
    """A space for a line's end or a tab; nothing for what is not seen."""
    if letter in _JOINERS:
        return letter
    if letter.isspace():
        return " "
    return "" if unicodedata.category(letter) in _UNSEEN else letter
