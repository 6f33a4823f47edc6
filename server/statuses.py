"""Domain errors as HTTP: the one place where status codes of the console, the pages and the API stand."""

from __future__ import annotations

from services.errors import (
    Conflict,
    DomainError,
    Invalid,
    Locked,
    NotAllowed,
    NotFound,
    SignedOut,
    Unavailable,
)

HTTP_STATUS: dict[type[DomainError], int] = {
    SignedOut: 401,
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    Locked: 429,
    Invalid: 422,
    Unavailable: 503,
    DomainError: 400,
}


def status_of(error: DomainError) -> int:
    """The status of the nearest kind above the error's own."""
    return next(HTTP_STATUS[kind] for kind in type(error).__mro__ if kind in HTTP_STATUS)
