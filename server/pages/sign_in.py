"""Sign-in: by web OAuth where the account has it, else by a single-use link from chat.

The `state` is bound to the browser by a signed cookie and lets one exchange through. A browser
that repeats the callback (prefetch, double redirect: WeChat answers 40163) is given the sign-in
that the first one finished, found by its state.
"""

from __future__ import annotations

import secrets
import threading
from typing import NamedTuple

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.wrappers import Response as BaseResponse

import clock
import config
from models.people import Follower
from server.pages import member
from server.pages.errors import page
from server.statuses import status_of
from services import followers, identities, member_links, wechat_account
from services.member_links import LinkExpired, LinkUsed
from wechat.capabilities import Capability
from wechat.errors import Refused, WeChatError

bp = Blueprint("sign_in", __name__)
Answer = str | BaseResponse | tuple[str, int]

HOME = member_links.PAGES
STATE_COOKIE = "member_state"
STATE_SECONDS = 600
CODE_USED = 40163
MOST_TRIES = 3
CHAT_WORDS = {
    f"{HOME}activities": ("讲座", "沙龙"),
    f"{HOME}issues": ("期刊",),
    f"{HOME}sign-ups": ("我的报名",),
    f"{HOME}surveys": ("需求征集",),
    f"{HOME}bind": ("怎么绑定",),
}
# The web process shares its threads with WeChat's callback: few of them may wait for WeChat.
OUTBOUND_CALLS = threading.BoundedSemaphore(4)
OUTBOUND_WAIT_SECONDS = 0.5


class State(NamedTuple):
    """What the browser keeps between leaving for WeChat and coming back."""

    value: str
    path: str
    tries: int
    ends: int


@bp.get("/sign-in")
def begin() -> Answer:
    path = _wanted(request.args.get("next", ""))
    if member.follower() is not None:
        return redirect(path)
    if not wechat_account.gateway().capabilities.allows(Capability.WEB_OAUTH):
        is_kept = bool(request.cookies.get(member.KEPT_COOKIE))
        return render_template("pages/sign_in_by_chat.html", words=_words_for(path), is_kept=is_kept)
    return _leave_for_wechat(path, tries=1)


@bp.get("/sign-in/done")
def finish() -> Answer:
    """Where WeChat sends the browser back to, with a code that is good once."""
    state = _kept_state()
    if state is None or not secrets.compare_digest(
        state.value.encode(), request.args.get("state", "").encode()
    ):
        if member.follower() is not None:
            return redirect(HOME)
        return page("登录没有完成，请重新进入", 400, retry_url=url_for(".begin"))
    finished = member_links.spent_by(_nonce(state))
    if finished is not None:
        return _go_on(finished, state.path)
    code = request.args.get("code", "")
    if not code:
        return page("您没有同意登录，可以随时重新进入", 403, retry_url=url_for(".begin", next=state.path))
    if not OUTBOUND_CALLS.acquire(timeout=OUTBOUND_WAIT_SECONDS):
        again = url_for(".finish", code=code, state=state.value)
        return page("现在打开的人较多，几秒后自动继续", 503, retry_url=again, retry_after=2)
    try:
        identity = wechat_account.gateway().oauth_identity(code)
    except Refused as refusal:
        return _after_refusal(refusal, state)
    except WeChatError:
        return page("微信暂时没有回应，请稍后重新进入", 503, retry_url=url_for(".begin", next=state.path))
    finally:
        OUTBOUND_CALLS.release()
    if identity.is_snapshot_user:
        return page("您正在看预览页面。请点右下角“使用完整服务”后再操作", 403, title="预览页面")
    follower = followers.known(config.settings().wechat_app_id, identity.openid)
    if follower is None:
        return render_template("pages/not_following.html"), 403
    identities.learn_unionid(follower, identity.unionid)
    if not member_links.spend(_nonce(state), follower):
        follower = member_links.spent_by(_nonce(state)) or follower
    return _go_on(follower, state.path)


@bp.get("/open/<token>")
def open_link(token: str) -> Answer:
    """A link from chat. A look ahead (HEAD) does not use it up."""
    if request.method == "HEAD":
        return ""
    try:
        follower, path = member_links.use(token)
    except (LinkUsed, LinkExpired) as refusal:
        signed_in = member.follower()
        if signed_in is not None and signed_in.id == refusal.details["follower_id"]:
            return redirect(refusal.details["path"])
        return page(refusal.message, status_of(refusal), title="链接已失效")
    return _go_on(follower, path)


@bp.post("/sign-out")
@member.member_only
def end() -> Answer:
    return member.let_out(make_response(render_template("pages/signed_out.html")))


def _leave_for_wechat(path: str, *, tries: int) -> Response:
    state = State(secrets.token_hex(16), path, tries, int(clock.timestamp()) + STATE_SECONDS)
    back = config.settings().public_url + url_for(".finish")
    response = redirect(wechat_account.gateway().oauth_url(back, state.value))
    response.set_cookie(
        STATE_COOKIE,
        _serializer().dumps(list(state)),
        max_age=STATE_SECONDS,
        path=url_for(".finish"),
        **member.cookie_flags(),
    )
    return response  # type: ignore[return-value]


def _after_refusal(refusal: Refused, state: State) -> Answer:
    """The code was no good: another request of this browser used it, or it is too old."""
    finished = member_links.spent_by(_nonce(state))
    if finished is not None:
        return _go_on(finished, state.path)
    if refusal.errcode == CODE_USED and state.tries < MOST_TRIES:
        return _leave_for_wechat(state.path, tries=state.tries + 1)  # silent: the scope asks nothing
    return page("登录没有完成，请重新进入", 400, retry_url=url_for(".begin", next=state.path))


def _go_on(follower: Follower, path: str) -> Answer:
    return member.let_in(redirect(path), follower)  # type: ignore[arg-type]


def _words_for(path: str) -> tuple[str, ...]:
    """What to send in chat for a link to such a page."""
    return next((words for start, words in CHAT_WORDS.items() if path.startswith(start)), ("打开",))


def _wanted(path: str) -> str:
    return path if member_links.is_page(path) else HOME


def _nonce(state: State) -> str:
    return f"state:{state.value}"


def _kept_state() -> State | None:
    try:
        state = State(*_serializer().loads(request.cookies.get(STATE_COOKIE, "")))
    except (BadData, ValueError, TypeError):
        return None
    return state if clock.timestamp() <= state.ends else None


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(config.settings().secret_key, salt="member-state")
