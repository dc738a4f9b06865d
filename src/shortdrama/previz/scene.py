"""What a prompt shows: place, hour, weather, mood, people, framing. Pure; nothing is drawn here."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from shortdrama.previz import words
from shortdrama.previz.dialogue import find_lines, strip_lines
from shortdrama.previz.sound import Bed

INDOORS = frozenset(
    [
        "kitchen",
        "bedroom",
        "office",
        "hospital",
        "cafe",
        "room",
        "corridor",
        "stairs",
        "elevator",
        "tram",
        "car",
        "space",
    ]
)
_OPEN = ("field", "mountain", "sea", "city", "street", "river")
_TIGHT = ("car", "tram", "elevator", "bedroom")
_LIT = ("market", "street", "alley", "city", "palace")
_ROOTS_HZ = {"romance": 130.8, "tension": 82.4, "sorrow": 98.0, "horror": 73.4, "joy": 146.8}


@dataclass(frozen=True, slots=True)
class Scene:
    """A frame's content in words a painter understands. Values are keys of `words`' tables."""

    seed: int
    place: str
    hour: str
    weather: str
    mood: str
    framing: str
    people: tuple[str, ...]
    props: frozenset[str]

    @property
    def is_outside(self) -> bool:
        return self.place not in INDOORS

    @property
    def is_night(self) -> bool:
        return self.hour == "night"

    @property
    def has_rain(self) -> bool:
        return self.weather in ("rain", "storm")

    @property
    def has_dust(self) -> bool:
        """Specks in the light: rooms by day, petals and magic anywhere."""
        indoors = not self.is_outside and not self.is_night and self.place not in ("car", "space")
        return indoors or self.mood == "wonder"

    @property
    def bed(self) -> Bed:
        """What this scene sounds like."""
        outside = 1.0 if self.is_outside else 0.3
        windy = {"storm": 1.0, "snow": 0.7, "fog": 0.3}.get(self.weather, 0.15)
        if self.place in ("sea", "mountain", "desert", "field", "rooftop", "bridge"):
            windy += 0.35
        shift = 2 ** ((self.seed % 5 - 2) / 12)
        return Bed(
            seed=self.seed,
            rumble=1.4 if self.place in ("tram", "car", "space", "city") else 0.9,
            rain=outside * {"rain": 1.0, "storm": 1.3}.get(self.weather, 0.0),
            wind=windy * outside,
            tone=0.5 if self.mood in _ROOTS_HZ else 0.3,
            root_hz=_ROOTS_HZ.get(self.mood, 110.0) * shift,
            is_minor=self.mood in ("tension", "sorrow", "horror") or self.is_night,
        )


def describe_scene(prompt: str, seed: int) -> Scene:
    """Read the scene from the prompt; what it does not say is chosen by `seed`, sensibly.

    Spoken lines say nothing about the place, but that somebody is there.
    """
    said = strip_lines(prompt)
    chance = random.Random(f"scene {seed}")  # noqa: S311 - a picture, not a secret
    props = frozenset(words.find_all(words.PROPS, said))
    people = _find_people(said, has_speech=bool(find_lines(prompt)))
    place = _find_place(said, people, chance)
    weather = words.find_first(words.WEATHERS, said) or "clear"
    hour = _find_hour(said, place, props, chance)
    mood = words.find_first(words.MOODS, said) or "plain"
    framing = words.find_first(words.FRAMINGS, said) or _suit_framing(people, chance)
    if place in _TIGHT and people and framing == "wide":
        framing = "medium"  # nobody stands upright in a car, or on a bed
    return Scene(seed, place, hour, weather, mood, framing, people, props)


def _find_place(said: str, people: tuple[str, ...], chance: random.Random) -> str:
    place = words.find_head(words.PLACES, said) or words.find_first(words.ROOM_HINTS, said)
    if place:
        return place
    if re.search(r"\bint\b\.?|室内|内景", said, re.I):
        return "room"
    if people:
        return chance.choice(("room", "street", "rooftop", "corridor", "field"))
    return chance.choice(_OPEN)


def _find_hour(said: str, place: str, props: frozenset[str], chance: random.Random) -> str:
    hour = words.find_first(words.HOURS, said)
    if hour:
        return hour
    if props & {"lantern", "neon", "candle", "stars"} or place == "space":
        return "night"
    if place in _LIT:
        return chance.choice(("dusk", "night", "day"))
    return chance.choice(("day", "day", "dusk", "dawn"))


def _find_people(said: str, *, has_speech: bool) -> tuple[str, ...]:
    kinds = [kind for kind in words.find_all(words.PEOPLE, said) if kind != "person"]
    names = _find_names(said)
    is_pair = bool(words.find_first(words.PAIRS, said)) or len(names) > 1
    if not kinds:
        unknown = bool(words.find_first(words.PEOPLE, said) or names or has_speech)
        if not unknown and not re.search(words.DEEDS, said, re.I) and not is_pair:
            return ()
        kinds = ["person"]
    if is_pair and len(kinds) == 1:
        kinds.append(_partner(kinds[0], is_couple=bool(words.find_first(words.COUPLES, said))))
    return tuple(kinds[:2])


def _partner(kind: str, *, is_couple: bool) -> str:
    other = {"woman": "man", "man": "woman"}.get(kind, kind)
    return other if is_couple else kind


def _find_names(said: str) -> list[str]:
    """Capitalised words that are no sentence starters, places or hours; and @mentions."""
    known = (words.PLACES, words.HOURS, words.WEATHERS, words.PEOPLE, words.MOODS, words.ROOM_HINTS)
    names: list[str] = []
    for match in words.NAME.finditer(said[:2_000]):
        word = match.group()
        lower = word.lower().rstrip("s")
        if lower in words.NOT_NAMES or word.lower() in words.NOT_NAMES or word in names:
            continue
        starts = (
            not said[: match.start()].rstrip() or said[: match.start()].rstrip()[-1] in ".!?\n:"
        )
        acts = re.match(r"(?:\s+\w+ly)?\s+(?:[a-z]+s\b|and [A-Z]|in |at |is )", said[match.end() :])
        if word[0] != "@" and starts and not acts:
            continue
        if not any(words.find_first(table, word) for table in known):
            names.append(word)
    return names


def _suit_framing(people: tuple[str, ...], chance: random.Random) -> str:
    return chance.choice(("medium", "medium", "wide")) if people else "wide"
