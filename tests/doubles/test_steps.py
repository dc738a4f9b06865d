"""A misspelt trap is refused, so that no test passes without testing anything."""

from __future__ import annotations

import pytest

from doubles.fal_double import FalScript
from doubles.kling_double import KlingDouble
from doubles.replicate_double import ReplicateScript
from doubles.runway_double import RunwayDouble
from doubles.scripted_vendor import ScriptedVendor
from doubles.seedance_double import SeedanceDouble
from doubles.sora2_script import Script
from doubles.vendor_double import VendorDouble
from doubles.veo_double import VeoDouble
from doubles.wan_double import WanDouble

_KINDS = ("submit", "poll", "content")


@pytest.mark.parametrize("double_type", [SeedanceDouble, VeoDouble, WanDouble, RunwayDouble])
@pytest.mark.parametrize("kind", _KINDS)
def test_doubles_of_vendors(double_type: type[VendorDouble | ScriptedVendor], kind: str) -> None:
    with double_type("sk-1") as double, pytest.raises(ValueError, match="'losst' is no step"):
        double.script(**{kind: ("losst",)})


@pytest.mark.parametrize("kind", _KINDS)
def test_kling(kind: str) -> None:
    with KlingDouble("access:secret") as double, pytest.raises(ValueError, match="is no step"):
        double.steer(**{kind: "losst"})


@pytest.mark.parametrize(
    ("script", "kinds"),
    [
        (Script, _KINDS),
        (FalScript, ("submit", "polls", "result", "clip", "cancel")),
        (ReplicateScript, ("submit", "polls", "output", "clip")),
    ],
)
def test_scripts(script: type, kinds: tuple[str, ...]) -> None:
    for kind in kinds:
        with pytest.raises(ValueError, match=f"is no step of {kind}"):
            script(**{kind: "losst"})
