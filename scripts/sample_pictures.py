"""Draw the sample's cast, places and props anew, from the prompts in `sample.toml`.

The pictures are kept beside it, so that opening the sample costs no time for them. Call it after a
change of those prompts or of the painters: `.venv/bin/python scripts/sample_pictures.py`.
"""

from __future__ import annotations

from pathlib import Path

from shortdrama.board.sample import read_sample
from shortdrama.previz.engine import render_still

FOLDER = Path(__file__).parents[1] / "src" / "shortdrama" / "board" / "sample_pictures"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for asset in read_sample().assets:
        told = render_still(asset.prompt, str(FOLDER / asset.file_name), "720x1280")
        print(f"{asset.file_name}: {told['bytes']} bytes")


if __name__ == "__main__":
    main()
