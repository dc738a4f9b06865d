"""Styles, scripts and icons: read once, compressed once, cached by the browser for good.

All live under `/static/<hash of everything>/…`, so a changed file changes every address. All style
sheets are one, and so are the scripts of a page (`script_bundle.py`).
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shortdrama.web.i18n import LANGUAGES, script_catalogue
from shortdrama.web.script_bundle import bundle

WEB = Path(__file__).parent
_SUFFIXES = {".css", ".js", ".svg", ".png", ".webp", ".woff2", ".webmanifest", ".ico"}
_TYPES = {".js": "text/javascript", ".webmanifest": "application/manifest+json"}
_STYLE_HEAD = ("static/tokens.css", "static/components.css")
# What a page loads → the modules it begins with. A page loads one of these and no module beside
# it: the same module loaded twice is two modules.
_SCRIPTS = {
    "studio.js": ("static/js/app.js", "panels/assets/assets.js", "static/js/ready.js"),
    "library.js": ("static/js/app.js", "panels/library/library.js", "static/js/ready.js"),
    "compare.js": ("static/js/app.js", "panels/compare/compare.js", "static/js/ready.js"),
}
_COMPRESSIBLE = {".css", ".js", ".svg", ".webmanifest"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    body: bytes
    gzipped: bytes | None
    media_type: str


class StaticFiles:
    """Everything that is served under `/static`, held in memory (well under a megabyte)."""

    def __init__(self, root: Path = WEB) -> None:
        self._files = {name: _load(path) for name, path in _found(root)}
        self._files["studio.css"] = _as_file(_joined_styles(self._files), ".css")
        for name, entries in _SCRIPTS.items():
            script = bundle(entries, self._script_text)
            self._files[name] = _as_file(script.encode(), ".js")
        for name in LANGUAGES:
            tag = name.replace("_", "-")
            self._files[f"i18n/{tag}.js"] = _as_file(script_catalogue(name), ".js")
        self.version = _version(self._files)

    def url(self, name: str) -> str:
        """The immutable address of a file; raises `KeyError` for one that is not there."""
        if name not in self._files:
            raise KeyError(f"no static file {name}")
        return f"/static/{self.version}/{name}"

    def body(self, name: str) -> bytes:
        return self._files[name].body

    def _script_text(self, name: str) -> str:
        return self._files[name].body.decode()

    def names(self) -> list[str]:
        return sorted(self._files)

    def route(self) -> Route:
        return Route("/static/{version}/{name:path}", self._serve, name="static")

    async def _serve(self, request: Request) -> Response:
        file = self._files.get(request.path_params["name"])
        if file is None:
            return Response("Not found", status_code=404, media_type="text/plain")
        is_current = request.path_params["version"] == self.version
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if is_current else "no-cache",
            "Vary": "Accept-Encoding",
        }
        if file.gzipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(file.gzipped, headers=headers, media_type=file.media_type)
        return Response(file.body, headers=headers, media_type=file.media_type)


def _found(root: Path) -> list[tuple[str, Path]]:
    folders = (root / "static", root / "panels")
    paths = [p for folder in folders for p in folder.rglob("*") if p.suffix in _SUFFIXES]
    return sorted((path.relative_to(root).as_posix(), path) for path in paths)


def _load(path: Path) -> StaticFile:
    return _as_file(path.read_bytes(), path.suffix)


def _as_file(body: bytes, suffix: str) -> StaticFile:
    media_type = _TYPES.get(suffix) or mimetypes.types_map.get(suffix, "application/octet-stream")
    gzipped = gzip.compress(body, 9, mtime=0) if suffix in _COMPRESSIBLE else None
    return StaticFile(body, gzipped, media_type)


def _joined_styles(files: dict[str, StaticFile]) -> bytes:
    panels = sorted(n for n in files if n.endswith(".css") and n not in _STYLE_HEAD)
    names = [name for name in _STYLE_HEAD if name in files] + panels
    return b"\n".join(files[name].body for name in names)


def _version(files: dict[str, StaticFile]) -> str:
    digest = hashlib.sha256()
    for name, file in sorted(files.items()):
        digest.update(name.encode() + b"\0" + file.body)
    return digest.hexdigest()[:12]
