"""Sizes are said in decimal units, as file managers do."""

from __future__ import annotations

import pytest

from shortdrama.domain.sizes import file_size


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (1_500_000, "1.5 MB"),
        (9_960_000, "10 MB"),
        (184_400_000, "184 MB"),
        (999_600_000, "1.0 GB"),
        (2_000_000_000, "2.0 GB"),
        (1_800_000_000_000, "1.8 TB"),
        (9_000_000_000_000_000, "9000 TB"),
    ],
)
def test_three_figures_at_most_and_never_a_thousand_of_a_unit(count: int, words: str) -> None:
    assert file_size(count) == words
