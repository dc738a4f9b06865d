"""What each route does, and so who may use it: the one table, asked in one place.

`check_role` is a dependency of the whole application. A route that is missing here is the owner's
alone; a test fails for every unsafe one that nobody has classified.
"""

from __future__ import annotations

from starlette.requests import Request

from shortdrama.domain.people import Act
from shortdrama.errors import NotAllowed, mark
from shortdrama.web.who import who_asks

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_LOOK, _CHANGE, _SPEND, _MANAGE = Act.LOOK, Act.CHANGE, Act.SPEND, Act.MANAGE
ACTS: dict[str, Act] = {
    # takes
    "POST /api/takes": _SPEND,
    "POST /api/takes/{take_id}/retry": _SPEND,
    "POST /api/takes/{take_id}/decision": _SPEND,
    "POST /api/takes/{take_id}/adoption": _CHANGE,
    "POST /api/takes/{take_id}/cancellation": _CHANGE,
    "POST /api/takes/{take_id}/fetch": _CHANGE,
    "POST /api/takes/{take_id}/check": _CHANGE,
    "POST /api/takes/{take_id}/rejection": _CHANGE,
    "DELETE /api/takes/{take_id}/rejection": _CHANGE,
    "POST /panels/sample": _SPEND,
    "POST /panels/connections/{connection_id}/trial": _SPEND,
    "POST /panels/sample/stop": _CHANGE,
    # the board
    "POST /api/shots": _CHANGE,
    "DELETE /api/shots/{shot_id}": _CHANGE,
    "PUT /api/shots/{shot_id}/draft": _CHANGE,
    "PUT /api/shots/{shot_id}/selected-take": _CHANGE,
    "POST /api/projects": _CHANGE,
    "POST /api/projects/{project_id}/episodes": _CHANGE,
    "POST /panels/projects": _CHANGE,
    "POST /panels/projects/{project_id}/episodes": _CHANGE,
    "PUT /api/projects/{project_id}/title": _CHANGE,
    "PUT /api/episodes/{episode_id}/title": _CHANGE,
    # prompts: asked, not kept
    "POST /api/prompts/check": _LOOK,
    # the library
    "PATCH /api/assets/{asset_id}": _CHANGE,
    "POST /api/assets/trash": _CHANGE,
    "POST /api/assets/restore": _CHANGE,
    "POST /api/assets/removal": _CHANGE,
    "POST /api/assets/{asset_id}/thumbnails": _LOOK,  # made again where they are gone
    "POST /api/uploads": _CHANGE,
    "PATCH /api/uploads/{upload_id}": _CHANGE,
    "DELETE /api/uploads/{upload_id}": _CHANGE,
    # connections
    "POST /api/connections": _MANAGE,
    "PUT /api/connections/{connection_id}": _MANAGE,
    "PUT /api/connections/{connection_id}/figures": _MANAGE,
    "DELETE /api/connections/{connection_id}": _MANAGE,
    "POST /api/connections/{connection_id}/check": _MANAGE,
    "POST /panels/connections": _MANAGE,
    "POST /panels/connections/{connection_id}": _MANAGE,
    "POST /panels/connections/{connection_id}/figures": _MANAGE,
    "POST /panels/connections/{connection_id}/key": _MANAGE,
    "POST /panels/connections/{connection_id}/removal": _MANAGE,
    "POST /panels/connections/{connection_id}/check": _MANAGE,
    # caps
    "PUT /api/caps": _MANAGE,
    "PUT /api/caps/rules": _MANAGE,
    "POST /panels/spend/caps": _MANAGE,
    # keys of programs, people
    "POST /api/keys": _MANAGE,
    "DELETE /api/keys/{key_id}": _MANAGE,
    "POST /panels/keys": _MANAGE,
    "POST /panels/keys/{key_id}/revocation": _MANAGE,
    "POST /api/users": _MANAGE,
    "PATCH /api/users/{user_id}": _MANAGE,
    "DELETE /api/users/{user_id}": _MANAGE,
    "POST /panels/users": _MANAGE,
    "POST /panels/users/{user_id}/role": _MANAGE,
    "POST /panels/users/{user_id}/removal": _MANAGE,
    # what only owners may even read
    "GET /api/keys": _MANAGE,
    "GET /api/users": _MANAGE,
}
_NEEDED = {
    Act.CHANGE: mark("Viewers only look. Ask an owner of this studio for the role of an editor."),
    Act.SPEND: mark("Viewers only look. Ask an owner of this studio for the role of an editor."),
    Act.MANAGE: mark("Only an owner of this studio may do this."),
}


def act_of(method: str, path: str) -> Act:
    """What a request of this route does. `path` is the route's template."""
    usual = Act.LOOK if method in SAFE_METHODS else Act.MANAGE
    return ACTS.get(f"{'GET' if method == 'HEAD' else method} {path}", usual)


async def check_role(request: Request) -> None:
    """Raises `NotAllowed` where the asker's role does not reach."""
    route = request.scope.get("route")
    act = act_of(request.method, getattr(route, "path", ""))
    who = who_asks(request)
    if not who.may(act):
        raise NotAllowed(_NEEDED[act], code="role", role=who.role.value)
