"""What models can do, from the shipped table and from a file of the studio's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from shortdrama.domain.model import Mode
from shortdrama.errors import SetupProblem
from shortdrama.providers.capabilities import CapabilityTable


def test_the_built_in_engine_is_free() -> None:
    previz = CapabilityTable().capability_of("previz-1")
    assert previz.micro_usd_per_second == 0
    assert previz.default_seconds in previz.seconds
    assert previz.default_size in previz.sizes
    assert previz.is_known


@pytest.mark.parametrize("model", ["sora-2", "sora-2-pro", "sora-2-2025-12-08"])
def test_sora_models_are_known(model: str) -> None:
    found = CapabilityTable().capability_of(model)
    assert found.model == model
    assert found.seconds == (4, 8, 12, 16, 20)
    assert "720x1280" in found.sizes
    assert "2026-11-23" in found.source


def test_an_estimate_is_never_too_low() -> None:
    assert CapabilityTable().capability_of("sora-2-pro").micro_usd_per_second == 700_000
    assert CapabilityTable().capability_of("sora-2").micro_usd_per_second == 100_000


def test_an_unknown_model_is_refused_nothing() -> None:
    found = CapabilityTable().capability_of("nobody-knows-1")
    assert not found.is_known
    assert found.seconds == ()
    assert found.sizes == ()
    assert found.micro_usd_per_second is None


def test_seedance_1_5_pro_as_it_is_documented() -> None:
    found = CapabilityTable().capability_of("doubao-seedance-1-5-pro-251215")
    assert (min(found.seconds), max(found.seconds)) == (3, 12)
    assert Mode.REFERENCES in found.modes
    assert found.max_references == 9


@pytest.mark.parametrize("model", ["gen4.5", "gen4_turbo", "seedance2"])
def test_runway_counts_prompts_in_units_of_utf_16(model: str) -> None:
    found = CapabilityTable().capability_of(model)
    assert found.prompt_length("a 🎬") == 4
    assert found.prompt_length("雨夜") == 2
    assert CapabilityTable().capability_of("sora-2").prompt_length("a 🎬") == 3


def test_the_studios_own_file_wins(tmp_path: Path) -> None:
    own = tmp_path / "models.toml"
    own.write_text('[[model]]\nid = "sora-2"\nseconds = [5]\nusd_per_second = 0.2\n')
    table = CapabilityTable(own)
    assert table.capability_of("sora-2").seconds == (5,)
    assert table.capability_of("sora-2").default_seconds == 5
    assert table.capability_of("sora-2").micro_usd_per_second == 200_000
    assert table.capability_of("previz-1").is_known


@pytest.mark.parametrize(
    "text",
    [
        "this is no TOML",
        "model = 3",
        "[[model]]\nlabel = 'no id'",
        "[[model]]\nid = 'a'\ncolour = 'red'",
        "[[model]]\nid = 'a'\nprompt_units = 'bytes'",
        "[[model]]\nid = 'a'\nseconds = ['four']",
        "[[model]]\nid = 'a'\nseconds = 4",
        "[[model]]\nid = 'a'\nusd_per_second = 'cheap'",
        "[[model]]\nid = 'a'\nusd_per_second = -1",
        "[[model]]\nid = 'a'\nusd_per_second = nan",
    ],
)
def test_a_malformed_file_is_said(text: str, tmp_path: Path) -> None:
    own = tmp_path / "models.toml"
    own.write_text(text)
    with pytest.raises(SetupProblem):
        CapabilityTable(own)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SetupProblem):
        CapabilityTable(tmp_path / "nowhere.toml")
