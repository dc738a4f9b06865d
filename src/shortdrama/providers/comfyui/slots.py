"""Where a request goes in a ComfyUI workflow. Pure.

A node's title says what it takes, such as `shortdrama:prompt`; `docs/providers.md` has the list.
Without titles the obvious places are found: what a sampler's links lead to, seeds, the node with
width, height and length, the only picture.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shortdrama.errors import InvalidInput

Graph = dict[str, dict[str, Any]]
FIRST, LAST, REFERENCE = "first_frame", "last_frame", "reference"
PICTURES = (FIRST, LAST, REFERENCE)  # in the order in which a request's pictures fill them
_MOST_BYTES = 2_000_000
_TITLE = re.compile(r"shortdrama\s*[:：]\s*(.+)$", re.IGNORECASE)
_ITEM = re.compile(r"([a-z_]+?)(?:=([^@\s,]+))?(?:@(\d+(?:\.\d+)?))?", re.IGNORECASE)
_PLAIN = ("value", "int", "float", "string")  # fields of nodes that hold one value
# The field of a titled node that is meant, where the title does not name it; first match.
_FIELDS: dict[str, tuple[str, ...]] = {
    "prompt": ("text", "prompt", "positive_prompt", "positive", *_PLAIN),
    "negative": ("negative_prompt", "negative", "text", "prompt", *_PLAIN),
    "seed": ("seed", "noise_seed", *_PLAIN),
    "width": ("width", *_PLAIN),
    "height": ("height", *_PLAIN),
    "seconds": ("seconds", "duration", *_PLAIN),
    "frames": ("length", "num_frames", "frames", "video_frames", "frame_count", *_PLAIN),
    "fps": ("fps", "frame_rate", *_PLAIN),
    "video": (),
    **dict.fromkeys(PICTURES, ("image", "image_path", *_PLAIN)),
}
_SAVERS = re.compile(
    r"save.*video|video.*(combine|save)|save.*webm|combine.*video|previewvideo", re.I
)
_INTERPOLATES = re.compile(r"interpol|\brife|film.?vfi|gimm", re.I)


@dataclass(frozen=True, slots=True)
class Place:
    """One input of one node."""

    node: str
    field: str


@dataclass(frozen=True, slots=True)
class Slots:
    """What was found.

    Attributes:
        places: by slot; every place of a slot gets the same value.
        fps: of what is generated; None where nothing tells.
        savers: nodes that hand out the video; the titled one alone where there is one.
    """

    places: Mapping[str, tuple[Place, ...]]
    fps: float | None
    savers: tuple[str, ...]


def find_slots(graph: Graph) -> Slots:
    """Titles first, then what is obvious. Raises `InvalidInput` for a title that cannot be."""
    titled = _titled(graph)
    found = {**_obvious(graph), **{slot: tuple(p) for slot, p in titled.places.items()}}
    fps = titled.fps or _number(_value(graph, found.pop("fps", ()))) or _told_fps(graph)
    savers = tuple(place.node for place in found.pop("video", ())) or _savers(graph)
    return Slots(found, fps, savers)


def name_of(graph: Graph, node: str) -> str:
    """How a person finds a node: "12 “KSampler”"."""
    told = graph.get(node)
    found = told if isinstance(told, dict) else {}
    meta = found.get("_meta")
    given = meta.get("title") if isinstance(meta, dict) else None
    title = str(given or found.get("class_type") or "")
    return f"{node} “{title[:80]}”" if title else node


def read_graph(text: str) -> Graph:
    """Raises `InvalidInput` for what is no workflow in API format, saying what to do."""
    if len(text) > _MOST_BYTES:
        raise InvalidInput("The workflow is larger than 2 MB.", code="workflow")
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The workflow’s file is not JSON.", code="workflow") from error
    if isinstance(body, dict) and isinstance(body.get("nodes"), list):
        raise InvalidInput(
            "This workflow was saved for ComfyUI’s editor. "
            "In ComfyUI choose Workflow, then Export (API), and take that file.",
            code="workflow",
        )
    if isinstance(body, dict) and isinstance(body.get("prompt"), dict):
        body = body["prompt"]
    if not isinstance(body, dict) or not body or not all(map(_is_node, body.values())):
        raise InvalidInput(
            "The file is no ComfyUI workflow in API format. "
            "In ComfyUI choose Workflow, then Export (API), and take that file.",
            code="workflow",
        )
    return body


def _is_node(node: object) -> bool:
    return (
        isinstance(node, dict)
        and isinstance(node.get("class_type"), str)
        and isinstance(node.get("inputs"), dict)
    )


@dataclass(slots=True)
class _Titled:
    places: dict[str, list[Place]] = field(default_factory=dict)
    fps: float | None = None


def _titled(graph: Graph) -> _Titled:
    found = _Titled()
    for node in sorted(graph, key=_in_order):
        title = str(graph[node].get("_meta", {}).get("title") or "")
        told = _TITLE.search(title)
        for item in re.split(r"[,，\s]+", told[1].strip()) if told else ():
            _read_item(graph, node, item, found)
    return found


def _read_item(graph: Graph, node: str, item: str, found: _Titled) -> None:
    matched = _ITEM.fullmatch(item)
    slot = matched[1].lower() if matched else ""
    names = ("width", "height") if slot == "size" else (slot,)
    if matched is None or any(name not in _FIELDS for name in names):
        raise InvalidInput(
            "The title of node %(node)s names no slot: %(item)s. Slots are %(slots)s.",
            code="workflow",
            node=node,
            item=item[:40],
            slots=", ".join(["size", *_FIELDS]),
        )
    if matched[3]:
        found.fps = float(matched[3])
    for name in names:
        place = Place(node, "") if name == "video" else _named_place(graph, node, name, matched[2])
        found.places.setdefault(name, []).append(place)


def _named_place(graph: Graph, node: str, slot: str, name: str | None) -> Place:
    inputs = graph[node]["inputs"]
    for candidate in (name,) if name else _FIELDS[slot]:
        place = _literal(graph, node, candidate) if candidate in inputs else None
        if place is not None:
            return place
    raise InvalidInput(
        "Node %(node)s is titled as the place of %(slot)s, but has no input for it. "
        "Name the input in the title, such as shortdrama:%(slot)s=text.",
        code="workflow",
        node=name_of(graph, node),
        slot=slot,
    )


def _literal(graph: Graph, node: str, name: str) -> Place | None:
    """The input itself, or the value node that is linked to it."""
    for _ in range(20):
        value = graph.get(node, {}).get("inputs", {}).get(name)
        if not _is_link(value):
            return None if value is None else Place(node, name)
        node = value[0]
        inputs = graph.get(node, {}).get("inputs", {})
        held = [field for field in _PLAIN if field in inputs]
        if len(held) != 1:
            return None
        name = held[0]
    return None


def _is_link(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)


def _in_order(node: str) -> tuple[int, str]:
    return (int(node) if node.isdecimal() else 1 << 30, node)


def _obvious(graph: Graph) -> dict[str, tuple[Place, ...]]:
    found = {
        "prompt": _conditioned(graph, "positive"),
        "negative": _conditioned(graph, "negative"),
        "seed": _all(graph, ("seed", "noise_seed")),
        **_extent(graph),
        **_only_pictures(graph),
    }
    return {slot: places for slot, places in found.items() if places}


def _all(graph: Graph, names: tuple[str, ...]) -> tuple[Place, ...]:
    """Every such input with a number of its own, each once."""
    found: dict[Place, None] = {}
    for node in sorted(graph, key=_in_order):
        for name in names:
            place = _literal(graph, node, name)
            if place and _number(graph[place.node]["inputs"][place.field]) is not None:
                found[place] = None
    return tuple(found)


def _conditioned(graph: Graph, side: str) -> tuple[Place, ...]:
    """The one text that the samplers' `positive` or `negative` comes from."""
    found: set[Place] = set()
    for node in graph.values():
        if _is_link(node["inputs"].get("positive")) and _is_link(node["inputs"].get("negative")):
            found |= _texts(graph, node["inputs"][side][0], side)
    for node_id, node in graph.items():
        # Nodes that hold both texts at once, as those of WanVideoWrapper.
        name = f"{side}_prompt"
        if isinstance(node["inputs"].get(name), str):
            found.add(Place(node_id, name))
    return tuple(found) if len(found) == 1 else ()


def _texts(graph: Graph, node: str, side: str, depth: int = 0) -> set[Place]:
    inputs = graph.get(node, {}).get("inputs", {})
    for name in ("text", "prompt"):
        place = _literal(graph, node, name)
        if place and isinstance(graph[place.node]["inputs"][place.field], str):
            return {place}
    onward = [name for name in (side, "conditioning") if _is_link(inputs.get(name))]
    if depth > 20 or not onward:
        return set()
    return _texts(graph, inputs[onward[0]][0], side, depth + 1)


def _extent(graph: Graph) -> dict[str, tuple[Place, ...]]:
    """Width, height and frames, where exactly one node has them all."""
    moving, still = [], []
    for node in graph:
        width, height = _literal(graph, node, "width"), _literal(graph, node, "height")
        names = [n for n in ("length", "num_frames", "video_frames") if _literal(graph, node, n)]
        if width and height and names:
            moving.append((width, height, _literal(graph, node, names[0])))
        elif width and height and "batch_size" in graph[node]["inputs"]:
            still.append((width, height, None))
    rows = moving or still
    if len(rows) != 1:
        return {}
    width, height, frames = rows[0]
    found: dict[str, tuple[Place, ...]] = {"width": (width,), "height": (height,)}
    return found | {"frames": (frames,)} if frames else found


def _only_pictures(graph: Graph) -> dict[str, tuple[Place, ...]]:
    """One loader is the first frame; two are first and last where links say which."""
    loaders = [n for n in graph if graph[n]["class_type"].lower().startswith("loadimage")]
    places = {n: place for n in loaders if (place := _literal(graph, n, "image"))}
    if len(places) == 1:
        return {FIRST: tuple(places.values())}
    ends = {FIRST: _leading_to(graph, places, "start"), LAST: _leading_to(graph, places, "end")}
    is_told = len(places) == 2 and all(len(found) == 1 for found in ends.values())
    return ends if is_told and ends[FIRST] != ends[LAST] else {}


def _leading_to(graph: Graph, places: dict[str, Place], word: str) -> tuple[Place, ...]:
    words = {"start": ("start_image", "first_frame", "first_image")}.get(
        word, ("end_image", "last_frame", "last_image")
    )
    linked = [node["inputs"].get(name) for node in graph.values() for name in words]
    ends = {_source(graph, link, places) for link in linked if _is_link(link)}
    return tuple(places[node] for node in sorted(ends) if node in places)


def _source(graph: Graph, link: list[Any], places: dict[str, Place]) -> str:
    """Back through nodes that change a picture, such as a resize."""
    node = str(link[0])
    for _ in range(20):
        inputs = graph.get(node, {}).get("inputs", {})
        if node in places or not _is_link(inputs.get("image")):
            break
        node = inputs["image"][0]
    return node


def _told_fps(graph: Graph) -> float | None:
    """Of the node that makes the video; not where frames are put in between."""
    if any(_INTERPOLATES.search(node["class_type"]) for node in graph.values()):
        return None
    rates = {_value(graph, (place,)) for place in _all(graph, ("fps", "frame_rate"))}
    return _number(rates.pop()) if len(rates) == 1 else None


def _savers(graph: Graph) -> tuple[str, ...]:
    return tuple(node for node in graph if _SAVERS.search(graph[node]["class_type"]))


def _value(graph: Graph, places: tuple[Place, ...]) -> object:
    return graph[places[0].node]["inputs"][places[0].field] if places else None


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]
