"""Sign-in and sign-out of the phone; who I am; where else I am signed in."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask_limiter.util import get_remote_address

import clock
from models.people import Follower
from server.mini import limits, schemas
from server.mini.bearer import follower, open_to_all, session, signed_in
from server.mini.limits import limiter
from server.mini.repeats import read_key
from server.pages.sign_in import OUTBOUND_CALLS, OUTBOUND_WAIT_SECONDS
from services import bindings, check_ins, followers, mini_reminders, mini_sessions
from services.mini_sessions import WeChatSilent

bp = APIBlueprint("sessions", __name__, tag="登录")


@bp.post("/sessions")
@open_to_all
@limiter.limit(lambda: limits.SIGN_INS, key_func=get_remote_address)
@bp.input(schemas.SignInWanted, arg_name="wanted")
@bp.output(schemas.SignedIn)
def sign_in(wanted: schemas.SignInWanted) -> schemas.SignedIn:
    """以 wx.login 的 code 登录"""
    key = read_key()
    if not OUTBOUND_CALLS.acquire(timeout=OUTBOUND_WAIT_SECONDS):
        raise WeChatSilent("现在登录的人较多，请几秒后再试")
    try:
        made = mini_sessions.sign_in(wanted.code, key=key, device=wanted.device)
    finally:
        OUTBOUND_CALLS.release()
    return schemas.SignedIn(
        token=made.token,
        expires_at=made.session.expires_at,
        me=about(made.session.follower),
    )


@bp.get("/me")
@signed_in
@bp.output(schemas.Me)
def show_me() -> schemas.Me:
    """我是谁"""
    return about(follower())


@bp.get("/sessions")
@signed_in
@bp.output(schemas.Sessions)
def index() -> schemas.Sessions:
    """在哪些手机上登录着"""
    here = session().id
    rows = mini_sessions.of_follower(follower())
    return schemas.Sessions(
        sessions=[
            schemas.Session(
                id=row.id,
                device=row.device,
                signed_in_at=row.created_at,
                last_seen_at=row.last_seen_at,
                is_this=row.id == here,
            )
            for row in rows
        ]
    )


@bp.delete("/sessions/current")
@signed_in
@bp.output(schemas.Done)
def sign_out() -> schemas.Done:
    """退出登录"""
    mini_sessions.end(session().id, follower=follower())
    return schemas.Done()


@bp.delete(f"/sessions/<int(max={schemas.MOST_ID}):session_id>")
@signed_in
@bp.output(schemas.Done)
def end(session_id: int) -> schemas.Done:
    """结束另一处的登录"""
    mini_sessions.end(session_id, follower=follower())
    return schemas.Done()


def about(row: Follower) -> schemas.Me:
    person, waits = followers.member_of(row), bindings.under_way(row)
    return schemas.Me(
        is_bound=person is not None,
        name=person.name if person else "",
        unit=person.member_unit.name if person else "",
        runs_check_ins=person is not None and check_ins.runs_any(person),
        reminder_template_id=mini_reminders.template_id(),
        waiting=waits.words if waits is not None and waits.step != "telling" else "",
        server_time=clock.utc_now(),
    )
