"""The settings page. Its connections are in `connecting`; their JSON twin in `web/api`."""

from __future__ import annotations

import shutil

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

import shortdrama
from shortdrama.domain.sizes import file_size
from shortdrama.web.i18n import _, ngettext_now
from shortdrama.web.pages import render
from shortdrama.web.panels.access.routes import access_context
from shortdrama.web.panels.settings import connecting, trial
from shortdrama.web.panels.settings.connecting import connections_context
from shortdrama.web.panels.studio.place import remembered_board
from shortdrama.web.panels.studio.topbar import top_bar
from shortdrama.web.services import GivenServices, Services
from shortdrama.web.who import GivenWho

router = APIRouter(include_in_schema=False)
router.include_router(connecting.router)
router.include_router(trial.router)


@router.get("/settings")
def settings_page(request: Request, services: GivenServices, who: GivenWho) -> Response:
    return render(
        request,
        "settings/settings.html",
        top=top_bar(services, "settings", remembered_board(request, services)),
        **connections_context(services),
        **access_context(services, who),
        storage_facts=_storage_facts(services),
        event_id=services.state.newest_event_id(),
        version=shortdrama.__version__,
    )


def _storage_facts(services: Services) -> list[tuple[str, str]]:
    settings = services.settings
    disk = shutil.disk_usage(settings.data)
    sizes = {"free": file_size(disk.free), "all": file_size(disk.total)}
    return [
        (_("Data folder"), str(settings.data.absolute())),
        (_("Database"), _("PostgreSQL") if "postgres" in settings.database_url else "SQLite"),
        (_("Files"), "S3" if settings.blobs_url.startswith("s3:") else _("in the data folder")),
        (_("Disk"), _("%(free)s free of %(all)s") % sizes),
        (_("Largest upload"), file_size(settings.max_upload_bytes)),
        (
            _("Kept in this browser"),
            _("%(size)s at most") % {"size": file_size(settings.browser_cache_bytes)},
        ),
        (_("Trash keeps"), _days(settings.trash_days)),
    ]


def _days(count: int) -> str:
    return ngettext_now("%(days)s day", "%(days)s days", count) % {"days": count}
