"""Who reads: a signed cookie of two hours that names the follower; CSRF tokens bound to it.

The row is read with every request, so that unbinding or erasing ends what the cookie allows. The
browser keeps the cookie longer than it signs in: a form sent after its two hours shows by it whose it
was, so that what was typed waits (kept_forms) while the member signs in again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from flask import g, redirect, request, url_for
from itsdangerous import BadData, URLSafeSerializer
from peewee import JOIN
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

import clock
import config
from models.alliance import MemberUnit
from models.people import Follower, Person
from services import errors, followers, kept_forms, member_links
from services.errors import DomainError, NotAllowed

COOKIE = "member"
LIFE_SECONDS = 2 * 3600
REMEMBERED_SECONDS = 30 * 86400
KEPT_COOKIE = "kept"
MOST_NAME = 80  # of a field; ours are shorter
KEPT_SECONDS = int(kept_forms.KEPT_FOR.total_seconds())

View = TypeVar("View", bound=Callable[..., Any])


class SignedOut(errors.SignedOut):
    message = "登录已过期，请重新进入后再操作"


class SignInAgain(SignedOut):
    """A form of ours came too late. `path` is its page, `token` what was typed is kept by (or "")."""

    code = "sign_in_again"


class NotBound(NotAllowed):
    code, message = "not_bound", "请先绑定本人身份"


class StaleForm(DomainError):
    code, message = "stale_form", "页面放得太久，请返回刷新后再操作"


def let_in(response: Response, follower: Follower) -> Response:
    """Sign the follower in on this browser; the forms it has open go on being good."""
    before, _, nonce = _cookie()
    ends = int(clock.timestamp()) + LIFE_SECONDS
    value = _serializer().dumps(
        [follower.id, ends, nonce if before == follower.id else secrets.token_urlsafe(12)]
    )
    response.set_cookie(COOKIE, value, max_age=REMEMBERED_SECONDS, path="/", **cookie_flags())
    return response


def let_out(response: Response) -> Response:
    response.delete_cookie(COOKIE, path="/", **cookie_flags())
    return response


def cookie_flags() -> dict[str, Any]:
    is_secure = config.settings().public_url.startswith("https://")
    return {"httponly": True, "samesite": "Lax", "secure": is_secure}


def follower() -> Follower | None:
    """The follower signed in on this browser, with person and unit; None when nobody is."""
    if "follower" not in g:
        g.follower, g.cookie_nonce = _read()
    return g.follower


def me() -> Person:
    """The member at hand. Raises SignedOut or NotBound."""
    signed_in = follower()
    if signed_in is None:
        raise SignedOut()
    person = followers.member_of(signed_in)
    if person is None:
        raise NotBound()
    return person


def member_only(view: View) -> View:
    """Only for members: others are led to sign-in, or told how to bind. Forms carry a CSRF token."""
    return _guarded(view, me)


def follower_only(view: View) -> View:
    """For whoever follows us and is signed in, bound or not: the way to binding. CSRF as ever."""
    return _guarded(view, here)


def here() -> Follower:
    """The follower signed in. Raises SignedOut."""
    signed_in = follower()
    if signed_in is None:
        raise SignedOut()
    return signed_in


def kept() -> MultiDict[str, str] | None:
    """What this member typed into this page before having to sign in again; given once."""
    signed_in, token = follower(), request.cookies.get(KEPT_COOKIE, "")
    if signed_in is None or not token:
        return None
    typed = kept_forms.take(token, path=request.path, follower_id=signed_in.id)
    if typed is None:
        return None
    g.has_kept = True
    return MultiDict(typed)


def _guarded(view: View, who: Callable[[], object]) -> View:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if follower() is None and request.method in ("GET", "HEAD"):
            return redirect(url_for("pages.sign_in.begin", next=_here()))
        if follower() is None and request.method == "POST" and _is_own_form():
            _keep_and_sign_in()
        who()
        if request.method == "POST":
            _check_csrf()
        return view(*args, **kwargs)

    return guarded  # type: ignore[return-value]


def _is_own_form() -> bool:
    """Whether the form came from a page of the sign-in that has run out."""
    _, ends, nonce = _cookie()
    given = request.form.get("csrf", "")
    return ends > 0 and hmac.compare_digest(given.encode(), _csrf(nonce).encode())


def _keep_and_sign_in() -> NoReturn:
    """Keep what was typed (a form with the field `keep`) and lead to sign-in and back to the form's page.

    Not by a redirect: the CSP's form-action holds for where a form is redirected to, and sign-in is
    another host's.
    """
    page, token = _page_of_form(), ""
    if request.form.get("keep"):  # else a mere button: nothing was typed
        follower_id, _, _ = _cookie()
        typed = [
            (name, value)
            for name, value in request.form.items(multi=True)
            if name not in ("csrf", "keep") and len(name) < MOST_NAME
        ]
        token = kept_forms.keep(typed, path=urlsplit(page).path, follower_id=follower_id)
    raise SignInAgain(path=page, token=token)


def remember_kept(response: Response, token: str) -> None:
    """Give the browser what it finds the kept form by."""
    response.set_cookie(KEPT_COOKIE, token, max_age=KEPT_SECONDS, path="/m", **cookie_flags())


def _page_of_form() -> str:
    """The page that held the form: where the browser came from, else where the form was sent to."""
    came_from = urlsplit(request.referrer or "")
    path = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    is_ours = came_from.netloc == request.host and member_links.is_page(path)
    return path if is_ours else request.path


def csrf_token() -> str:
    """Proof that a form came from a page of this sign-in; "" when nobody is signed in."""
    return _csrf(g.cookie_nonce) if follower() is not None else ""


def for_templates() -> dict[str, Any]:
    signed_in = follower()
    person = followers.member_of(signed_in) if signed_in is not None else None
    return {"me": person, "csrf_token": csrf_token, "has_kept": lambda: g.get("has_kept", False)}


def unfinished() -> str:
    """The page whose form waits to be sent again; "" for none."""
    signed_in, token = follower(), request.cookies.get(KEPT_COOKIE, "")
    return kept_forms.waiting_at(token, follower_id=signed_in.id) if signed_in is not None and token else ""


def _check_csrf() -> None:
    given = request.form.get("csrf", "")
    if not hmac.compare_digest(given.encode(), csrf_token().encode()):
        raise StaleForm()


def _csrf(nonce: str) -> str:
    key = config.settings().secret_key.encode()
    return hmac.new(key, f"member-csrf:{nonce}".encode(), hashlib.sha256).hexdigest()


def _here() -> str:
    query = request.query_string.decode("ascii", "ignore")
    return f"{request.path}?{query}" if query else request.path


def _cookie() -> tuple[int, int, str]:
    """Follower id, end in Unix seconds and nonce of the cookie at hand; zeros for none of ours."""
    try:
        follower_id, ends, nonce = _serializer().loads(request.cookies.get(COOKIE, ""))
    except (BadData, ValueError, TypeError):
        return 0, 0, ""
    return follower_id, ends, nonce


def _read() -> tuple[Follower | None, str]:
    follower_id, ends, nonce = _cookie()
    if clock.timestamp() > ends:
        return None, ""
    found = (
        Follower.select(Follower, Person, MemberUnit)
        .join(Person, JOIN.LEFT_OUTER)
        .join(MemberUnit, JOIN.LEFT_OUTER)
        .where(Follower.id == follower_id)
        .first()
    )
    return found, nonce


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(config.settings().secret_key, salt="member-cookie")
