"""The Gemini API's video operations, as `docs/providers.md` describes them, on real sockets.

Every order is checked as the vendor checks it: what is not in the documented shape is refused.

Submit steps (the operation is made in those marked *):
    ok*  drop*  500*  html*  no_name*   a clear answer; none; trouble; a page; without a name
    400 404 key 429 429:SECONDS 429_said per_day no_free moderated celebrity
Poll steps:
    waiting                             no `done` in it, as the vendor leaves false fields out
    done done_one_up                    a clip, in either of the two places
    done_bare                           a sample without an address
    filtered:REASON filtered_one_up:REASON filtered_silent   done, without a clip, in either place
    empty null                          done, with nothing in it, or without a response
    error:NUMBER:TEXT                   done, with an error
    stranger                            JSON that is no operation
    404 502
Content steps, of the file where it lies: those of `trouble.clip_answer`, "502", "403", "drop".
The file itself asks for the key and leads to the other origin.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from doubles.serving import cut
from doubles.trouble import proxy_page
from doubles.vendor_double import Steps, VendorDouble, VendorJob

_MODELS = (
    "veo-3.1-generate-preview",
    "veo-3.1-fast-generate-preview",
    "veo-3.1-lite-generate-preview",
)
_QUOTA = "You exceeded your current quota, please check your plan and billing details. "
_ERRORS = {
    "400": (400, "INVALID_ARGUMENT", "The number value for `durationSeconds` is out of bound."),
    "404": (404, "NOT_FOUND", "models/x is not found for API version v1beta."),
    "key": (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key. ({key})"),
    "429": (429, "RESOURCE_EXHAUSTED", _QUOTA),
    "429_said": (429, "RESOURCE_EXHAUSTED", _QUOTA + "Please retry in 31.5s."),
    "per_day": (429, "RESOURCE_EXHAUSTED", _QUOTA + "Quota: PredictLongRunningRequestsPerDay."),
    "no_free": (429, "RESOURCE_EXHAUSTED", _QUOTA + "limit: 0, model: veo-3.1"),
    "moderated": (400, "INVALID_ARGUMENT", "The prompt could not be submitted. It violates rules."),
    "celebrity": (400, "INVALID_ARGUMENT", "The input image contains a celebrity."),
    "billing": (400, "FAILED_PRECONDITION", "Please enable billing on project 12."),
}
_PARAMETERS = {
    "aspectRatio": str,
    "resolution": str,
    "durationSeconds": int,
    "sampleCount": int,
    "negativePrompt": str,
    "personGeneration": str,
    "enhancePrompt": bool,
}


class VeoDouble(VendorDouble):
    way: Steps = ("waiting", "waiting", "done")
    submit_steps = frozenset({"ok", "drop", "500", "html", "no_name", *_ERRORS})
    poll_steps = frozenset(
        {"waiting", "done", "done_one_up", "done_bare", "filtered", "filtered_one_up"}
        | {"filtered_silent", "empty", "null", "error", "stranger", "404", "502"}
    )

    def __init__(self, key: str = "AIza-double-77aa01") -> None:
        super().__init__(key)

    @property
    def base_url(self) -> str:
        return f"{self.origin}/v1beta"

    def routes(self) -> list[Any]:
        return [
            Route("/v1beta/models", self._models, methods=["GET"]),
            Route("/v1beta/models/{call}", self._create, methods=["POST"]),
            Route("/v1beta/models/{model}/operations/{id}", self._poll, methods=["GET"]),
            Route("/v1beta/files/{id}:download", self._file, methods=["GET"]),
            Route("/stored/{id}", self.clip, methods=["GET"]),
        ]

    async def _refused(self, request: Request) -> Response | None:
        seen = await self.note(request)
        told = seen.headers.get("x-goog-api-key", "")
        return None if told == self.key else self._error("key", told)

    async def _models(self, request: Request) -> Response:
        if (refused := await self._refused(request)) is not None:
            return refused
        return JSONResponse({"models": [{"name": f"models/{name}"} for name in _MODELS]})

    async def _create(self, request: Request) -> Response:
        refused = await self._refused(request)
        body = json.loads(self.seen[-1].body)
        self.bodies.append(body)
        model, _, method = request.path_params["call"].partition(":")
        if refused is not None or method != "predictLongRunning":
            return refused or self._error("404")
        step, argument = self.next_step("submit")
        if step in _ERRORS:
            return self._error(step, self.key, argument)
        if (wrong := _wrong_in(body)) is not None:
            return JSONResponse(
                {"error": {"code": 400, "message": wrong, "status": "INVALID_ARGUMENT"}}, 400
            )
        job = VendorJob(f"op{len(self.jobs) + 1:010d}", body, body["parameters"]["durationSeconds"])
        self.jobs[job.id] = job
        name = f"models/{model}/operations/{job.id}"
        return await self._made(request, step, {} if step == "no_name" else {"name": name})

    async def _made(self, request: Request, step: str, told: dict[str, str]) -> Response:
        if step == "drop":
            return await cut(request)
        if step == "500":
            error = {"code": 500, "message": "Internal error.", "status": "INTERNAL"}
            return JSONResponse({"error": error}, 500)
        if step == "html":
            return proxy_page(200)
        return JSONResponse(told)

    async def _poll(self, request: Request) -> Response:
        if (refused := await self._refused(request)) is not None:
            return refused
        job = self.jobs.get(request.path_params["id"])
        if job is None:
            return self._error("404")
        step, argument = self.next_step("poll", job)
        if step == "502":
            return proxy_page()
        if step == "404":
            return self._error("404")
        return JSONResponse(
            {
                "name": request.url.path.removeprefix("/v1beta/"),
                "metadata": {"@type": "type.googleapis.com/x.PredictLongRunningMetadata"},
                **self._state(job, step, argument),
            }
        )

    def _state(self, job: VendorJob, step: str, argument: str) -> dict[str, Any]:
        if step == "waiting":
            return {}
        if step == "stranger":
            return {"name": None}
        if step == "error":
            number, _, text = argument.partition(":")
            return {"done": True, "error": {"code": int(number), "message": text}}
        if step == "null":
            return {"done": True}
        told: dict[str, Any] = {}
        if step.startswith("done"):
            uri = f"{self.base_url}/files/{job.id}:download?alt=media"
            video = {} if step == "done_bare" else {"uri": uri}
            told = {"generatedSamples": [{"video": video}]}
        if step.startswith("filtered"):
            told = {"raiMediaFilteredCount": 1}
            told |= {"raiMediaFilteredReasons": [argument]} if argument else {}
        is_one_up = step.endswith("_one_up")
        return {"done": True, "response": told if is_one_up else {"generateVideoResponse": told}}

    async def _file(self, request: Request) -> Response:
        if (refused := await self._refused(request)) is not None:
            return refused
        return RedirectResponse(f"{self.other_origin}/stored/{request.path_params['id']}", 302)

    def _error(self, step: str, key: str = "", wait: str = "") -> Response:
        status, word, message = _ERRORS[step]
        headers = {"retry-after": wait} if wait else {}
        error = {"code": status, "message": message.format(key=key), "status": word}
        return JSONResponse({"error": error}, status, headers)


def _wrong_in(body: dict[str, Any]) -> str | None:
    """What the vendor would refuse in an order."""
    instance, parameters = body["instances"][0], body["parameters"]
    if set(body) != {"instances", "parameters"} or len(body["instances"]) != 1:
        return "Invalid JSON payload received. Unknown name"
    for name, value in parameters.items():
        if name not in _PARAMETERS:
            return f"`{name}` isn't supported by this model."
        if type(value) is not _PARAMETERS[name]:
            return f"`{name}` has a wrong type."
    is_known = parameters["aspectRatio"] in {"16:9", "9:16"}
    if not is_known or parameters["durationSeconds"] not in {4, 6, 8}:
        return "The number value for `durationSeconds` is out of bound."
    needs_8 = parameters["resolution"] != "720p" or "referenceImages" in instance
    if needs_8 and parameters["durationSeconds"] != 8:
        return "durationSeconds must be 8."
    return _wrong_in_instance(instance)


def _wrong_in_instance(instance: dict[str, Any]) -> str | None:
    if not set(instance) <= {"prompt", "image", "lastFrame", "referenceImages", "video"}:
        return "Unknown name in the instance"
    if "lastFrame" in instance and "image" not in instance:
        return "lastFrame needs an image."
    references = instance.get("referenceImages", [])
    if references and "image" in instance:
        return "referenceImages cannot go with image."
    if len(references) > 3 or any(one["referenceType"] != "asset" for one in references):
        return "referenceImages"
    images = [one["image"] for one in references]
    images += [instance[name] for name in ("image", "lastFrame") if name in instance]
    return None if all(_is_image(image) for image in images) else "Unable to process input image."


def _is_image(image: dict[str, Any]) -> bool:
    if set(image) != {"bytesBase64Encoded", "mimeType"}:
        return False
    try:
        content = base64.b64decode(image["bytesBase64Encoded"], validate=True)
    except binascii.Error:
        return False
    heads = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8"}
    return content.startswith(heads.get(image["mimeType"], b"?"))
