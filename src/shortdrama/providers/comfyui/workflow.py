"""A ComfyUI workflow in API format: what it can do, and filled with a request. Pure.

`slots` finds the places; `provider` sends what `fill_workflow` makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from shortdrama.domain.model import Capability, Mode
from shortdrama.errors import InvalidInput
from shortdrama.providers.comfyui.slots import (
    PICTURES,
    REFERENCE,
    Graph,
    Place,
    find_slots,
    read_graph,
)


@dataclass(frozen=True, slots=True)
class Workflow:
    """`graph` is as exported; never changed.

    Attributes:
        places: by slot; every place of a slot gets the same value.
        pictures: (slot, place) in the order in which a request's pictures fill them.
        fps: of what is generated; None where nothing tells.
        savers: nodes that hand out the video; the titled one alone where there is one.
    """

    graph: Graph = field(repr=False)
    places: Mapping[str, tuple[Place, ...]]
    pictures: tuple[tuple[str, Place], ...] = ()
    fps: float | None = None
    savers: tuple[str, ...] = ()

    def value(self, slot: str) -> object:
        """What the export holds there."""
        places = self.places.get(slot)
        return self.graph[places[0].node]["inputs"][places[0].field] if places else None

    @property
    def takes_seconds(self) -> bool:
        return "seconds" in self.places or ("frames" in self.places and self.fps is not None)

    @property
    def takes_size(self) -> bool:
        return "width" in self.places and "height" in self.places

    @property
    def own_seconds(self) -> int | None:
        """The length it was exported with, where that can be told."""
        frames, seconds = self.value("frames"), self.value("seconds")
        if isinstance(seconds, int | float) and seconds >= 1:
            return round(seconds)
        if isinstance(frames, int) and self.fps:
            return max(1, round((frames - 1) / self.fps))
        return None

    @property
    def own_size(self) -> str | None:
        width, height = self.value("width"), self.value("height")
        is_told = isinstance(width, int) and isinstance(height, int)
        return f"{width}x{height}" if is_told else None

    @property
    def mode(self) -> Mode:
        """What its pictures are: one workflow has one way."""
        slots = {slot for slot, _ in self.pictures}
        if not slots:
            return Mode.TEXT
        if REFERENCE in slots:
            return Mode.REFERENCES
        return Mode.FIRST_LAST if len(self.pictures) == 2 else Mode.FIRST_FRAME


@dataclass(frozen=True, slots=True)
class Filling:
    """The values of one request. `pictures`: names as ComfyUI knows the uploaded files."""

    prompt: str
    seconds: int
    size: str
    seed: int
    negative_prompt: str | None = None
    pictures: tuple[str, ...] = ()
    words: Mapping[str, Any] = field(default_factory=dict)  # "12.steps": the workflow's own inputs


@lru_cache(maxsize=64)
def read_workflow(text: str) -> Workflow:
    """Find the places of an exported workflow.

    Raises:
        InvalidInput: it is no workflow in API format, or has no place for the prompt.
    """
    graph = read_graph(text)
    slots = find_slots(graph)
    places = dict(slots.places)
    pictures = [(slot, place) for slot in PICTURES for place in places.pop(slot, ())]
    if "prompt" not in places:
        raise InvalidInput(
            "The workflow has no place for the prompt. In ComfyUI give the node that holds the "
            "prompt the title shortdrama:prompt, and export the workflow again.",
            code="workflow",
        )
    return Workflow(graph, places, tuple(pictures), slots.fps, slots.savers)


def capability_of(model: str, workflow: Workflow) -> Capability:
    """What a workflow can do. What it has no place for stays as it was exported."""
    size, seconds = workflow.own_size, workflow.own_seconds
    return Capability(
        model=model,
        label=model,
        seconds=() if workflow.takes_seconds or seconds is None else (seconds,),
        sizes=() if workflow.takes_size or size is None else (size,),
        modes=(workflow.mode,),
        max_references=len(workflow.pictures),
        micro_usd_per_second=0,  # the machine is the person's own
        has_seed="seed" in workflow.places,
        has_negative_prompt="negative" in workflow.places,
        default_seconds=seconds or 5,
        default_size=size or "720x1280",
        at_once=1,  # a ComfyUI works on one prompt at a time
        source="the workflow",
    )


def fill_workflow(workflow: Workflow, filling: Filling) -> Graph:
    """The graph to send.

    Raises:
        InvalidInput: the workflow has no place for something that was asked for.
    """
    graph = deepcopy(workflow.graph)
    _need_what_is_asked(workflow, filling)
    width, _, height = filling.size.partition("x")
    values: dict[str, object] = {"prompt": filling.prompt, "seed": filling.seed}
    if filling.negative_prompt is not None:
        values["negative"] = filling.negative_prompt
    if workflow.takes_size:
        values |= {"width": int(width), "height": int(height)}
    if "seconds" in workflow.places:
        values["seconds"] = filling.seconds
    if "frames" in workflow.places and workflow.fps:
        # One more than whole seconds have: video models count in steps from a first frame.
        values["frames"] = round(filling.seconds * workflow.fps) + 1
    for slot, value in values.items():
        for place in workflow.places.get(slot, ()):
            _set(graph, place, value)
    for (_, place), name in zip(workflow.pictures, filling.pictures, strict=True):
        _set(graph, place, name)
    for word, value in filling.words.items():
        _set(graph, _own_place(graph, word), value)
    return graph


def _need_what_is_asked(workflow: Workflow, filling: Filling) -> None:
    wanted, count = len(workflow.pictures), len(filling.pictures)
    if wanted != count:
        raise InvalidInput(
            "This workflow takes %(wanted)s pictures; the request has %(count)s.",
            wanted=wanted,
            count=count,
        )
    if filling.negative_prompt is not None and "negative" not in workflow.places:
        raise InvalidInput(
            "This workflow has no place for a negative prompt. "
            "Title its node shortdrama:negative and export the workflow again."
        )
    own_s, own_size = workflow.own_seconds, workflow.own_size
    if not workflow.takes_seconds and own_s not in (None, filling.seconds):
        raise InvalidInput(
            "This workflow always makes %(own)s s: it has no place for the length.", own=own_s
        )
    if not workflow.takes_size and own_size not in (None, filling.size):
        raise InvalidInput(
            "This workflow always makes %(own)s: it has no place for the size.", own=own_size
        )


def _own_place(graph: Graph, word: str) -> Place:
    node, _, name = word.partition(".")
    if name not in graph.get(node, {}).get("inputs", {}):
        raise InvalidInput(
            "The workflow has no input %(name)s. Name one as 12.steps: node, dot, input.",
            name=word[:80],
        )
    return Place(node, name)


def _set(graph: Graph, place: Place, value: object) -> None:
    inputs = graph[place.node]["inputs"]
    # A menu's numbers are texts.
    inputs[place.field] = str(value) if isinstance(inputs[place.field], str) else value
