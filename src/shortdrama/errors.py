"""Every error the studio raises on purpose, drawn as one tree.

    StudioError
    ├── InvalidInput            what was asked for cannot be done as asked      422
    │   ├── UnsupportedFile     a file of a kind, size or shape not taken in    415
    │   └── TooLarge            more bytes or pixels than the settings allow    413
    ├── OverBudget              money that nobody has allowed to be spent       402
    ├── NotFound                no such row or file                             404
    ├── Conflict                the row is not in a state that allows this      409
    ├── Busy                    somebody else holds it; trying again helps      423
    ├── NotAllowed              a lock of the house: host, origin, password     403
    ├── StorageFull             the disk or bucket took no more                 507
    ├── SetupProblem            settings, data directory or machine             500
    └── ProviderError           a provider said no, or nothing; see `kind`      502
        └── SubmissionUncertain a request that may have been billed: never repeated by the program

Bugs stay Python's built-in errors. A message is a whole sentence for the person who
meets it; `code` is for programs; neither ever holds a secret.
"""

from __future__ import annotations

from typing import Any, Self


class StudioError(Exception):
    """Base of all. `status` is the HTTP status the web boundary answers with.

    Variable parts stand in the message as `%(name)s` and come as details, so that the web can
    translate the sentence before it fills it in. Parts named `what`, `kind` or `advice` are words
    of ours (see `mark`) and are translated too.
    """

    code = "studio_error"
    status = 500
    can_retry = False

    def __init__(self, message: str, *, code: str | None = None, **details: Any) -> None:
        self.template = message
        self.message = Sentence(message, **details)
        super().__init__(self.message)
        if code is not None:
            self.code = code
        self.details = details


class Sentence(str):
    """A filled-in text that still knows its parts, so that the web can translate it."""

    __slots__ = ("details", "template")
    template: str
    details: dict[str, Any]

    def __new__(cls, template: str, **details: Any) -> Self:
        made = super().__new__(cls, fill(template, details))
        made.template, made.details = template, details
        return made


def mark(text: str) -> str:
    """The text as it is, marked for the catalogues. The web translates it when it is shown."""
    return text


def fill(template: str, details: dict[str, Any]) -> str:
    """The sentence with its parts; as it is where it has none or they do not fit."""
    if not details or "%(" not in template:
        return template
    try:
        return template % details
    except (KeyError, TypeError, ValueError):
        return template


class InvalidInput(StudioError):
    code = "invalid_input"
    status = 422


class UnsupportedFile(InvalidInput):
    code = "unsupported_file"
    status = 415


class TooLarge(InvalidInput):
    code = "too_large"
    status = 413


class OverBudget(StudioError):
    """A cap, a budget or a missing yes stands before an order; nothing was sent."""

    code = "over_budget"
    status = 402


class NotFound(StudioError):
    code = "not_found"
    status = 404


class Conflict(StudioError):
    code = "conflict"
    status = 409


class Busy(StudioError):
    code = "busy"
    status = 423
    can_retry = True


class NotAllowed(StudioError):
    code = "not_allowed"
    status = 403


class StorageFull(StudioError):
    code = "storage_full"
    status = 507
    can_retry = True


class SetupProblem(StudioError):
    code = "setup_problem"


class ProviderError(StudioError):
    """A provider's refusal or silence.

    `kind` is one of the closed set in `domain.take.FailureKind`; `is_transient` says whether
    asking the same question again can help; `retry_after_s` is what the provider asked for.
    """

    code = "provider_error"
    status = 502

    def __init__(
        self,
        message: str,
        *,
        kind: str = "unknown",
        is_transient: bool = False,
        retry_after_s: float | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message, **details)
        self.kind = kind
        self.is_transient = is_transient
        self.retry_after_s = retry_after_s
        self.body: object = None  # the refusal as it came, for the adapter that knows its shape


class SubmissionUncertain(ProviderError):
    """The paid request may have arrived. Never repeated without a person's word."""

    code = "submission_uncertain"
