"""Who asks: a bearer token, read with every request, so that ending or unbinding works at once.

Every view stands under exactly one of

    @member_only    signed in and bound
    @signed_in      signed in, bound or not
    @open_to_all    sign-in and the privacy notice

and a test walks all routes to see that it does. No cookie is read: nothing here can be forged
from another site.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from apiflask.scaffold import _annotate
from flask import g, request

from models.api_tokens import MiniSession
from models.people import Follower, Person
from services import followers, mini_sessions
from services.errors import NotAllowed
from services.mini_sessions import SignedOut

View = TypeVar("View", bound=Callable[..., Any])


class NotBound(NotAllowed):
    code, message = "not_bound", "请先绑定本人身份，再办这件事"


def session() -> MiniSession:
    """The sign-in at hand. Raises SignedOut."""
    if "mini_session" not in g:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise SignedOut()
        g.mini_session = mini_sessions.find(token.strip())
    found: MiniSession = g.mini_session
    return found


def follower() -> Follower:
    found: Follower = session().follower
    return found


def me_or_none() -> Person | None:
    return followers.member_of(follower())


def me() -> Person:
    """The member at hand. Raises SignedOut or NotBound."""
    person = me_or_none()
    if person is None:
        raise NotBound()
    return person


def member_only(view: View) -> View:
    return _guarded(view, me, "member")


def signed_in(view: View) -> View:
    return _guarded(view, session, "signed_in")


def open_to_all(view: View) -> View:
    view.permission = "open_to_all"  # type: ignore[attr-defined]
    return view


def _guarded(view: View, check: Callable[[], object], permission: str) -> View:
    _annotate(view, security="bearer")

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        check()
        return view(*args, **kwargs)

    guarded.permission = permission  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]
