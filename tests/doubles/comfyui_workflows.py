"""Workflows in ComfyUI's API format, of the shape that its own templates export."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

_Graph = dict[str, dict[str, Any]]


def _node(class_type: str, title: str = "", /, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs, "_meta": {"title": title or class_type}}


# Wan 2.2 from text: nothing is titled, everything can be seen from the links.
WAN_TEXT: _Graph = {
    "3": _node(
        "KSampler",
        seed=82628696717253,
        steps=20,
        cfg=5,
        sampler_name="uni_pc",
        scheduler="simple",
        denoise=1,
        model=["37", 0],
        positive=["6", 0],
        negative=["7", 0],
        latent_image=["55", 0],
    ),
    "6": _node(
        "CLIPTextEncode", "CLIP Text Encode (Positive Prompt)", text="a fox", clip=["38", 0]
    ),
    "7": _node("CLIPTextEncode", "CLIP Text Encode (Negative Prompt)", text="ugly", clip=["38", 0]),
    "8": _node("VAEDecode", samples=["3", 0], vae=["39", 0]),
    "37": _node("UNETLoader", unet_name="wan2.2_ti2v_5B_fp16.safetensors", weight_dtype="default"),
    "38": _node("CLIPLoader", clip_name="umt5_xxl_fp8.safetensors", type="wan", device="default"),
    "39": _node("VAELoader", vae_name="wan2.2_vae.safetensors"),
    "55": _node("EmptyHunyuanLatentVideo", width=704, height=1280, length=81, batch_size=1),
    "57": _node("CreateVideo", fps=16, images=["8", 0]),
    "58": _node(
        "SaveVideo", filename_prefix="video/ComfyUI", format="auto", codec="auto", video=["57", 0]
    ),
}


def changed(graph: _Graph, **nodes: dict[str, Any]) -> _Graph:
    """A copy with nodes put in: `n12=…` is node 12."""
    return deepcopy(graph) | {name.removeprefix("n"): node for name, node in nodes.items()}


# From a first frame, by Video Helper Suite.
WAN_PICTURE: _Graph = {
    **{name: node for name, node in WAN_TEXT.items() if name not in {"55", "57", "58"}},
    "3": _node(
        "KSampler",
        seed=1,
        steps=20,
        positive=["50", 0],
        negative=["50", 1],
        latent_image=["50", 2],
        model=["37", 0],
    ),
    "50": _node(
        "WanImageToVideo",
        width=480,
        height=832,
        length=81,
        batch_size=1,
        positive=["6", 0],
        negative=["7", 0],
        vae=["39", 0],
        start_image=["52", 0],
    ),
    "52": _node("LoadImage", image="example.png"),
    "60": _node(
        "VHS_VideoCombine",
        frame_rate=16,
        loop_count=0,
        filename_prefix="AnimateDiff",
        format="video/h264-mp4",
        save_output=True,
        images=["8", 0],
    ),
}

# Nothing can be guessed here: titles say it all.
TITLED: _Graph = {
    "1": _node("StringBox", "正向 shortdrama:prompt", value="x"),
    "2": _node("StringBox", "shortdrama:negative", value="y"),
    "3": _node("AnyMaker", "shortdrama:seed, frames=count@24, size", noise=1, seed=5, count=97,
               width=768, height=512, a=["1", 0], b=["2", 0], c=["4", 0], d=["5", 0]),
    "4": _node("PictureIn", "shortdrama:first_frame", image="a.png"),
    "5": _node("PictureIn", "shortdrama:last_frame", image="b.png"),
    "6": _node("Writer", "shortdrama:video", x=["3", 0]),
}  # fmt: skip


def as_text(graph: _Graph) -> str:
    return json.dumps(graph)
