"""Servers of `/v1/videos` as the contract sees them."""

from __future__ import annotations

from types import TracebackType
from typing import ClassVar, Self

from doubles.video_servers import (
    AzureDouble,
    LiteLLMDouble,
    NewApiDouble,
    OldNewApiDouble,
    RelayDouble,
    SGLangDouble,
    VllmOmniDouble,
)
from doubles.videos_base import VideosDouble
from providers.contract import Play, Rig
from shortdrama.domain.model import VIDEOS, Mode
from shortdrama.providers.kinds import ProviderKinds

_OWN_GPU = "the server asks for no money and knows no content rules"
_NO_MODERATION = {
    Play.NO_CREDIT: _OWN_GPU,
    Play.PROMPT_MODERATED: _OWN_GPU,
    Play.RESULT_MODERATED: _OWN_GPU,
}


class VideosRig(Rig):
    kind = ProviderKinds().get(VIDEOS)
    model = "model-1"
    modes = (Mode.TEXT, Mode.FIRST_FRAME)
    refused_modes = (Mode.FIRST_LAST, Mode.REFERENCES)
    double_type: ClassVar[type[VideosDouble]]
    double: VideosDouble

    def __enter__(self) -> Self:
        self.double = self.double_type(self.key).__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.double.__exit__(exc_type, exc, traceback)

    @property
    def base_url(self) -> str:
        return self.double.base_url

    def play(self, play: Play) -> None:
        self.double.play = play

    def submits(self) -> int:
        return self.double.submits


class AzureRig(VideosRig):
    name = "Azure"
    double_type = AzureDouble
    auth_header = "api-key"
    options: ClassVar = {"server": "azure", "query": "api-version=preview"}
    can_cancel = True
    has_list = True


class LiteLLMRig(VideosRig):
    name = "LiteLLM"
    double_type = LiteLLMDouble
    options: ClassVar = {"server": "litellm"}


class SGLangRig(VideosRig):
    name = "SGLang"
    double_type = SGLangDouble
    options: ClassVar = {"server": "sglang"}
    absent: ClassVar = {
        **_NO_MODERATION,
        Play.KEY_REFUSED: "the server has no keys",
    }


class VllmOmniRig(VideosRig):
    name = "vLLM-Omni"
    double_type = VllmOmniDouble
    options: ClassVar = {"server": "vllm-omni"}
    modes = tuple(Mode)
    refused_modes = ()
    absent: ClassVar = _NO_MODERATION
    model = "Wan-AI/Wan2.2-T2V-A14B-Diffusers"
    can_cancel = True
    has_list = True


class NewApiRig(VideosRig):
    name = "new-api"
    double_type = NewApiDouble
    options: ClassVar = {"server": "new-api"}


class OldNewApiRig(VideosRig):
    name = "new-api, older form"
    double_type = OldNewApiDouble
    options: ClassVar = {"server": "new-api", "route": "video/generations"}


class RelayRig(VideosRig):
    name = "Relay with video_url"
    double_type = RelayDouble
    options: ClassVar = {"auth": "bare"}
    has_list = True
