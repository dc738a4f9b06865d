"""Templates: Jinja with autoescape, the reader's language and a handful of filters."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from shortdrama.domain.sizes import file_size
from shortdrama.web import i18n
from shortdrama.web.static_files import StaticFiles

PANELS = Path(__file__).parent / "panels"


class Pages:
    """Renders the panels' templates. One per application."""

    def __init__(self, static: StaticFiles) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(PANELS),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,  # it would look at every file of a page each time
            extensions=["jinja2.ext.i18n"],
        )
        self._environment.install_gettext_callables(  # type: ignore[attr-defined]
            i18n.gettext_now, i18n.ngettext_now, newstyle=True
        )
        self._environment.globals |= {
            "asset_url": static.url,
            "icon": icon,
            "html_language": i18n.html_language,
        }
        self._environment.filters |= {
            "duration": duration,
            "money": i18n.money,
            "bytes": file_size,
            "clock": clock,
        }

    def text(self, template: str, **context: Any) -> str:
        return self._environment.get_template(template).render(context)


def render(request: Request, template: str, status_code: int = 200, **context: Any) -> HTMLResponse:
    """The template as an answer. `template` is relative to `web/panels/`."""
    pages: Pages = request.app.state.pages
    text = pages.text(template, request=request, **context)
    headers = {"Vary": "Accept-Language", "Cache-Control": "no-store"}
    return HTMLResponse(text, status_code=status_code, headers=headers)


def icon(name: str) -> Markup:
    """A symbol of the page's one sprite."""
    svg = Markup('<svg class="i" aria-hidden="true"><use href="#i-{}"/></svg>')
    return svg.format(name)


def duration(seconds: float) -> str:
    """Minutes and seconds, "0:38"."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def clock(moment: datetime) -> str:
    return moment.astimezone().strftime("%H:%M")
