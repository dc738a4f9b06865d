"""Resumable uploads over HTTP.

POST announces, HEAD tells how far it is, PATCH goes on from there, DELETE forgets. HEAD and PATCH
speak the core of tus 1.0 (https://tus.io/protocols/resumable-upload), so its clients can be given
an upload's address; the answers carry JSON on top.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from shortdrama.assets.uploads import UploadState
from shortdrama.domain.ids import UploadId
from shortdrama.errors import UnsupportedFile
from shortdrama.web.api.assets import AssetAnswer, asset_answer
from shortdrama.web.api.shapes import Id, may_answer
from shortdrama.web.services import GivenServices

router = APIRouter(prefix="/api/uploads", tags=["uploads"])
_MAX_INT = 2**63 - 1
_BODY_TYPES = ("application/offset+octet-stream", "application/octet-stream")
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}} for kind in _BODY_TYPES
        },
    }
}
_PROTOCOL_HEADERS = {"Tus-Resumable": "1.0.0", "Cache-Control": "no-store"}


class NewUpload(BaseModel):
    """Name the upload yourself: announced again under the same id, it is the same upload."""

    id: str = Field(pattern="^[0-9a-f]{32}$", description="32 hex digits made by the client")
    size: int = Field(ge=0, le=_MAX_INT, description="Bytes of the whole file")
    name: str = Field(max_length=10_000)


class UploadAnswer(BaseModel):
    """`asset` is there once all is done; then the upload can be forgotten."""

    id: str
    offset: int = Field(description="Bytes that are here; go on from there")
    size: int
    done: bool
    asset: AssetAnswer | None
    was_here: bool = Field(description="The same bytes had been brought before")
    came_back: bool = Field(description="They lay in the trash, and were restored")


def upload_answer(state: UploadState) -> UploadAnswer:
    return UploadAnswer(
        id=state.id,
        offset=state.offset,
        size=state.size,
        done=state.is_done,
        asset=asset_answer(state.asset) if state.asset else None,
        was_here=state.was_here,
        came_back=state.came_back,
    )


@router.post("", responses=may_answer(409, 413, 415, 423, 507))
def begin_upload(wanted: NewUpload, response: Response, services: GivenServices) -> UploadAnswer:
    """Announce a file. Announced twice, it answers how far it is, or that it is done."""
    state = services.assets.begin_upload(UploadId(wanted.id), wanted.name, wanted.size)
    response.headers.update(_headers(state))
    response.headers["Location"] = f"/api/uploads/{state.id}"
    return upload_answer(state)


@router.head("/{upload_id}", responses=may_answer(404))
def tell_offset(upload_id: Id, services: GivenServices) -> Response:
    """`Upload-Offset` and `Upload-Length` in the headers."""
    return Response(headers=_headers(services.assets.upload_state(UploadId(upload_id))))


@router.get("/{upload_id}", responses=may_answer(404))
def get_upload(upload_id: Id, response: Response, services: GivenServices) -> UploadAnswer:
    """How far it is, as JSON."""
    state = services.assets.upload_state(UploadId(upload_id))
    response.headers.update(_headers(state))
    return upload_answer(state)


@router.patch(
    "/{upload_id}",
    openapi_extra=_BODY,
    response_model=UploadAnswer,
    responses=may_answer(400, 404, 409, 413, 415, 423, 507),
)
async def continue_upload(
    upload_id: Id,
    request: Request,
    services: GivenServices,
    upload_offset: Annotated[int, Header(ge=0, le=_MAX_INT)],
) -> Response:
    """Add bytes at the end. A wrong `Upload-Offset` gets 409 and the right one."""
    _check_body_type(request.headers.get("content-type", ""))
    try:
        state = await services.assets.append(UploadId(upload_id), upload_offset, request.stream())
    except ClientDisconnect:
        return Response(status_code=400, headers=_PROTOCOL_HEADERS)  # nobody is there to read it
    content = upload_answer(state).model_dump(mode="json")
    return JSONResponse(content, headers=_headers(state))


@router.delete("/{upload_id}", status_code=204, responses=may_answer())
def forget_upload(upload_id: Id, services: GivenServices) -> Response:
    """Drop what came of an unfinished upload. A finished one stays in the library."""
    services.assets.cancel_upload(UploadId(upload_id))
    return Response(status_code=204, headers=_PROTOCOL_HEADERS)


def _check_body_type(content_type: str) -> None:
    if content_type.partition(";")[0].strip().lower() not in _BODY_TYPES:
        raise UnsupportedFile(
            "Send the bytes as application/offset+octet-stream.", code="unsupported_body_type"
        )


def _headers(state: UploadState) -> dict[str, str]:
    lengths = {"Upload-Offset": str(state.offset), "Upload-Length": str(state.size)}
    return _PROTOCOL_HEADERS | lengths
