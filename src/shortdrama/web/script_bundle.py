"""The scripts of a page as one module, joined when the server starts. Pure.

Fifty small modules cost fifty requests and compress badly apart. Each keeps a scope of its own;
its exports are live. Only the forms of import and export that our modules use are understood, and
anything else is an error at start: there is no build step and no parser behind this.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable

from shortdrama.errors import SetupProblem

_COMMENT = re.compile(r"/\*\*.*?\*/[ \t]*\n?|^[ \t]*//[^\n]*\n", re.S | re.M)
_IMPORT = re.compile(
    r"^import\s+(?:(?:(?P<default>\w+)|\{(?P<names>[^}]*)\})\s+from\s+)?"
    r'["\'](?P<path>\.[^"\']+)["\'];?[ \t]*$',
    re.M,
)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let)\b)", re.M)
_EXPORTED = re.compile(r"^export (?:async )?(?:function\*?|class|const|let) (\w+)", re.M)
_DEFAULT = re.compile(r"\bexport default (\w+);?\s*\Z")
_ADDRESS = re.compile(
    r'(?P<call>new URL\(|\bimport\()(?P<quote>["\'`])(?P<path>\.{1,2}/[^"\'`]*)(?P=quote)'
)
_LEFT_OVER = re.compile(r"^(?:import|export)\b(?!\()", re.M)


def bundle(entries: Iterable[str], read: Callable[[str], str]) -> str:
    """One module that does what loading `entries` one after another would.

    Args:
        entries: Names of modules, relative to the place of the bundle.
        read: The text of a module by its name; raises `KeyError` for one that is not there.

    Raises:
        SetupProblem: A module is not there, imports itself in a circle, or is written in a way
            that this does not understand.
    """
    order: dict[str, str] = {}
    for entry in entries:
        _visit(entry, read, order, ())
    numbers = {name: number for number, name in enumerate(order)}
    return "".join(_wrapped(name, text, numbers) for name, text in order.items())


def _visit(
    name: str, read: Callable[[str], str], order: dict[str, str], above: tuple[str, ...]
) -> None:
    """Put a module behind everything that it imports, as a browser would run them."""
    if name in order:
        return
    if name in above:
        raise SetupProblem(
            "Scripts import each other in a circle: %(names)s.", names=" → ".join((*above, name))
        )
    try:
        text = _COMMENT.sub("", read(name))
    except KeyError as error:
        raise SetupProblem(
            "%(page)s needs the script %(name)s.", page=above[-1] if above else "A page", name=name
        ) from error
    for match in _IMPORT.finditer(text):
        _visit(_resolved(match["path"], name), read, order, (*above, name))
    order[name] = text


def _wrapped(name: str, text: str, numbers: dict[str, int]) -> str:
    exports = {found: found for found in _EXPORTED.findall(text)}
    default = _DEFAULT.search(text)
    if default:
        exports["default"] = default[1]
        text = _DEFAULT.sub("", text)
    text = _EXPORT.sub("", text)
    text = _IMPORT.sub(lambda match: _taken(match, name, numbers), text)
    text = _ADDRESS.sub(lambda match: _moved(match, name), text)
    if _LEFT_OVER.search(text):
        raise SetupProblem(
            "The script %(name)s imports or exports in a way that is not understood.", name=name
        )
    getters = ",".join(f"get {public}(){{return {own}}}" for public, own in exports.items())
    # Asynchronous, because a module may await at its top.
    return f"const m{numbers[name]}=await(async()=>{{\n{text}\nreturn{{{getters}}}}})();\n"


def _taken(match: re.Match[str], name: str, numbers: dict[str, int]) -> str:
    source = f"m{numbers[_resolved(match['path'], name)]}"
    if match["default"]:
        return f"const {match['default']}={source}.default;"
    if match["names"]:
        names = [each.strip().replace(" as ", ":") for each in match["names"].split(",")]
        return f"const{{{','.join(filter(None, names))}}}={source};"
    return ""


def _moved(match: re.Match[str], name: str) -> str:
    """An address relative to the module, made relative to the bundle."""
    path = _resolved(match["path"], name)
    return f"{match['call']}{match['quote']}./{path}{match['quote']}"


def _resolved(path: str, importer: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), path))
