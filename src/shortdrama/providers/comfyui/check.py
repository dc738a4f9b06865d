"""What of a workflow can be tested for free: nodes and model files that a ComfyUI must have."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from shortdrama.errors import InvalidInput, Sentence, mark
from shortdrama.providers.comfyui.slots import Graph, name_of
from shortdrama.providers.comfyui.workflow import Workflow
from shortdrama.providers.vendor_api import VendorApi

_NOT_MP4 = re.compile(r"webm|gif|webp|apng|avi|mkv|prores", re.IGNORECASE)
_MOST_CLASSES = 60


async def check_workflow(api: VendorApi, workflow: Workflow) -> str:
    """What a request may choose of the workflow.

    Raises:
        InvalidInput: it cannot run there, or would give no MP4; says what to do.
        ProviderError: no answer.
    """
    graph = workflow.graph
    _need_mp4(workflow)
    classes = sorted({node["class_type"] for node in graph.values()})[:_MOST_CLASSES]
    infos = {name: await _info(api, name) for name in classes}
    missing = [name for name in classes if infos[name] is None]
    if missing:
        raise InvalidInput(
            "This ComfyUI has no node %(nodes)s. Install what the workflow needs there.",
            nodes=", ".join(missing)[:200],
        )
    for node in graph:
        _need_files(graph, node, infos.get(graph[node]["class_type"]) or {}, workflow)
    return _summary(workflow)


async def _info(api: VendorApi, name: str) -> dict[str, Any] | None:
    body = (await api.ask("GET", f"/object_info/{quote(name, safe='')}")).body
    found = body.get(name) if isinstance(body, dict) else None
    return found if isinstance(found, dict) else None


def _need_mp4(workflow: Workflow) -> None:
    if not workflow.savers:
        raise InvalidInput(
            "No node of the workflow saves a video. Add one that saves MP4, or give yours the "
            "title shortdrama:video, and export the workflow again."
        )
    for node in workflow.savers:
        told = workflow.graph[node]
        words = [told["class_type"], str(told["inputs"].get("format", ""))]
        if not any(_NOT_MP4.search(word) for word in words):
            return
    raise InvalidInput(
        "Node %(node)s saves no MP4. Set its format to MP4 (H.264) and export the workflow again.",
        node=name_of(workflow.graph, workflow.savers[0]),
    )


def _need_files(graph: Graph, node: str, info: dict[str, Any], workflow: Workflow) -> None:
    """Menus of a node hold what is installed there: models, samplers, formats."""
    filled = {place for _, place in workflow.pictures}
    groups = info.get("input")
    specs: dict[str, Any] = {}
    for group in groups.values() if isinstance(groups, dict) else ():
        specs |= group if isinstance(group, dict) else {}
    for name, value in graph[node]["inputs"].items():
        offered = _menu(specs.get(name))
        is_picture = any(place.node == node and place.field == name for place in filled)
        if is_picture or not isinstance(value, str) or offered is None or value in offered:
            continue
        raise InvalidInput(
            "Node %(node)s wants %(value)s as %(name)s, which this ComfyUI does not have.",
            node=name_of(graph, node),
            value=value[:100],
            name=name,
        )


def _menu(spec: Any) -> list[Any] | None:  # noqa: ANN401 - JSON
    """The values of a menu: `[[…], {…}]`, or of newer nodes `["COMBO", {"options": […]}]`."""
    if not isinstance(spec, list) or not spec:
        return None
    if isinstance(spec[0], list):
        return spec[0]
    options = spec[1].get("options") if len(spec) > 1 and isinstance(spec[1], dict) else None
    return options if spec[0] == "COMBO" and isinstance(options, list) else None


def _summary(workflow: Workflow) -> str:
    if not workflow.takes_seconds:
        return Sentence("Ready. %(what)s", what=_LENGTH_FIXED)
    if not workflow.takes_size:
        return Sentence("Ready. %(what)s", what=_SIZE_FIXED)
    return mark("Ready. Prompt, length and size are the take’s.")


_LENGTH_FIXED = mark(
    "Its length is its own: no node is titled shortdrama:frames, or its frames a second are "
    "not known (shortdrama:frames@16)."
)
_SIZE_FIXED = mark("Its size is its own: no node is titled shortdrama:size.")
