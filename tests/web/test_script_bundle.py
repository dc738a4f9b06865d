"""Scripts joined at start: order, scopes, addresses, and a word on what is not understood."""

from __future__ import annotations

import pytest

from shortdrama.errors import SetupProblem
from shortdrama.web.script_bundle import bundle
from shortdrama.web.static_files import StaticFiles


def joined(entry: str, **modules: str) -> str:
    sources = {f"{name.replace('__', '/')}.js": text for name, text in modules.items()}
    return bundle([entry], sources.__getitem__)


def test_what_is_imported_stands_before_who_imports_it_and_only_once() -> None:
    text = joined(
        "a.js",
        a='import "./b.js";\nimport { c } from "./c.js";\nrun(c);',
        b='import { c } from "./c.js";\nuse(c);',
        c="export const c = 1;",
    )
    assert text.index("const c = 1") < text.index("use(c)") < text.index("run(c)")
    assert text.count("const c = 1") == 1


def test_exports_are_live_and_names_stay_in_their_module() -> None:
    text = joined("a.js", a='import { x as y } from "./b.js";', b="export let x = 1;\nlet y = 2;")
    assert "get x(){return x}" in text
    assert "const{x:y}=m0;" in text


def test_a_default_export_at_the_end_of_a_minified_file() -> None:
    text = joined("a.js", a='import h from "./h.js";', h="var h=1;export default h;\n")
    assert "get default(){return h}" in text
    assert "const h=m0.default;" in text


def test_addresses_are_moved_with_their_module() -> None:
    text = joined(
        "panels__x.js".replace("__", "/"),
        panels__x='new URL("./worker.js", import.meta.url);\nimport(`../i18n/${tag}.js`);',
    )
    assert 'new URL("./panels/worker.js", import.meta.url)' in text
    assert "import(`./i18n/${tag}.js`)" in text


@pytest.mark.parametrize(
    ("modules", "says"),
    [
        ({"a": 'import "./b.js";', "b": 'import "./a.js";'}, "a.js → b.js → a.js"),
        ({"a": 'import "./gone.js";'}, "a.js needs the script gone.js"),
        ({"a": "export { x };"}, "not understood"),
        ({"a": 'import * as all from "./b.js";', "b": ""}, "not understood"),
    ],
)
def test_what_cannot_be_joined_is_said(modules: dict[str, str], says: str) -> None:
    with pytest.raises(SetupProblem, match=says):
        joined("a.js", **modules)


def test_the_pages_scripts_stay_within_their_budget() -> None:
    files = StaticFiles()
    for name in ("studio.js", "library.js"):
        gzipped = files._files[name].gzipped
        assert gzipped is not None
        assert len(gzipped) <= 60_000
