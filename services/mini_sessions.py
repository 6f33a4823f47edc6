"""Sign-in of the mini program: a code of `wx.login` becomes a follower of its app, and a token.

The token is opaque and known by its keyed hash alone; it slides with use and can be ended, here,
on the phone and in the console. The same request sent twice gives the same token, as long as the
code could have been good: it is made from the request, not drawn.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from peewee import JOIN

import clock
import config
from models.accounts import Account
from models.alliance import MemberUnit
from models.api_tokens import ApiReply, MiniSession
from models.base import db
from models.people import Follower, Person
from models.sealing import keyed_hash
from services import access, audit, errors, identities, mini_account
from services.errors import DomainError, NotFound, Unavailable
from services.prepared import Prepared, given
from wechat.errors import Refused, WeChatError
from wechat.mini_login import CODE_USED, MiniIdentity

LIFE = timedelta(days=30)
RENEW_AFTER = timedelta(hours=1)
SAME_REQUEST_FOR = timedelta(minutes=5)  # the life of a code
REPLIES_KEPT = timedelta(days=7)
ENDED_KEPT = timedelta(days=30)
MOST_AT_ONCE = 10
RISKY = 40226


class SignedOut(errors.SignedOut):
    message = "登录已失效，请重新登录"


class SignInFailed(DomainError):
    code, message = "sign_in_failed", "微信登录没有完成，请退出小程序后重新进入"


class WeChatSilent(Unavailable):
    code, message = "wechat_silent", "微信暂时没有回应，请稍后再试"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session with the token that only the phone keeps."""

    session: MiniSession
    token: str


def sign_in(code: str, *, key: str, device: str = "") -> SignedIn:
    """Sign the phone in; `key` is the request's idempotency key.

    A unionid that WeChat tells brings the mini program's follower together with the official
    account's. Raises SignInFailed for a code that is no good (any more), WeChatSilent.
    """
    token = _token(code, key)
    if (same := _made_before(token)) is not None:
        return same
    try:
        identity = mini_account.program().identity(code)
    except Refused as refusal:
        if refusal.errcode == CODE_USED and (same := _made_before(token)) is not None:
            return same  # by the same request a moment ago
        raise SignInFailed(_why(refusal)) from refusal
    except WeChatError as error:
        raise WeChatSilent() from error
    return SignedIn(_begin(identity, token, device), token)


def find(token: str) -> MiniSession:
    """The session with follower, person and unit; one statement, and one more an hour to slide it.

    Raises SignedOut.
    """
    session = _of_token(token)
    now = clock.utc_now()
    if session is None or session.ended_at is not None or session.expires_at <= now:
        raise SignedOut()
    if now - session.last_seen_at >= RENEW_AFTER:
        slid = {"last_seen_at": now, "expires_at": now + LIFE}
        MiniSession.update(**slid).where(MiniSession.id == session.id).execute()
    return session


def of_follower(follower: Follower) -> list[MiniSession]:
    """The sign-ins in force, the latest used first."""
    return list(_in_force(MiniSession.follower == follower.id))


def of_person(person: Person, *, actor: Account | None = None) -> list[MiniSession]:
    """The sign-ins of a person's WeChats. Raises NotFound for a person of another school."""
    if actor is not None:
        access.require_unit(actor, person.member_unit_id)
    return list(_in_force(Follower.person == person.id))


def end(session_id: int, *, follower: Follower) -> None:
    """End a sign-in of one's own; twice is once. Raises NotFound for another's."""
    mine = (MiniSession.id == session_id) & (MiniSession.follower == follower.id)
    if not MiniSession.select().where(mine).exists():
        raise NotFound("没有这次登录，可能已经结束")
    _end(mine)


def end_own(session_id: int, *, person: Person) -> None:
    """End a sign-in of any of one's WeChats; twice is once. Raises NotFound for another's."""
    of_mine = Follower.select(Follower.id).where(Follower.person == person.id)
    mine = (MiniSession.id == session_id) & MiniSession.follower.in_(of_mine)
    if not MiniSession.select().where(mine).exists():
        raise NotFound("没有这次登录，可能已经结束")
    _end(mine)


def end_of_person(person: Person, *, actor: Account | None = None) -> int:
    """End every sign-in of a person: a lost phone, an erasure; how many."""
    if actor is not None:
        access.require_unit(actor, person.member_unit_id)
    with db.atomic():
        followers = [each.id for each in Follower.select(Follower.id).where(Follower.person == person.id)]
        ended = _end(MiniSession.follower.in_(followers))
        if ended and actor is not None:
            audit.record("mini_session.ended", person, actor=actor, count=ended)
        return ended


def forget_old() -> int:
    """Drop sign-ins long over and replies that no phone asks for again; how many."""
    now = clock.utc_now()
    is_over = (MiniSession.ended_at < now - ENDED_KEPT) | (MiniSession.expires_at < now - ENDED_KEPT)
    dropped = MiniSession.delete().where(is_over).execute()
    return int(dropped + ApiReply.delete().where(ApiReply.created_at < now - REPLIES_KEPT).execute())


def _made_before(token: str) -> SignedIn | None:
    """What the same request was given; None when it is the first. Raises SignInFailed when it is old."""
    same = _of_token(token)
    if same is None:
        return None
    if same.ended_at is None and clock.utc_now() - same.created_at <= SAME_REQUEST_FOR:
        return SignedIn(same, token)
    raise SignInFailed()


def _begin(identity: MiniIdentity, token: str, device: str) -> MiniSession:
    now = clock.utc_now()
    with db.atomic():
        follower = _follower(identity)
        live = [each.id for each in _in_force(MiniSession.follower == follower.id)]
        if len(live) >= MOST_AT_ONCE:
            _end(MiniSession.id.in_(live[MOST_AT_ONCE - 1 :]))
        made = MiniSession.insert(
            follower=follower.id,
            token_hash=keyed_hash(token),
            device=device[:60],
            last_seen_at=now,
            expires_at=now + LIFE,
            created_at=now,
        )
        made.on_conflict_ignore().execute()  # the same request twice at once: one row
        session = _of_token(token)
        if session is None:
            raise SignInFailed()
        return session


def _follower(identity: MiniIdentity) -> Follower:
    """The openid's row in the mini program's app; nobody follows a mini program."""
    app_id = config.settings().mini_app_id
    new = {"app_id": app_id, "openid": identity.openid, "is_following": False}
    Follower.insert(created_at=clock.utc_now(), **new).on_conflict_ignore().execute()
    follower = Follower.get(Follower.app_id == app_id, Follower.openid == identity.openid)
    identities.learn_unionid(follower, identity.unionid)
    return follower


# Asked with every request: building it costs ten times what running it does.
_BY_TOKEN = Prepared(
    lambda: (
        MiniSession.select(
            MiniSession,
            Follower,
            Person.id,
            Person.name,
            Person.member_unit,
            Person.erased_at,
            MemberUnit,
        )
        .join(Follower)
        .join(Person, JOIN.LEFT_OUTER)
        .join(MemberUnit, JOIN.LEFT_OUTER)
        .where(MiniSession.token_hash == given("token_hash"))
    )
)


def _of_token(token: str) -> MiniSession | None:
    return next(iter(_BY_TOKEN.models(token_hash=keyed_hash(token))), None)


def _in_force(condition: Any) -> Any:
    return (
        MiniSession.select(MiniSession, Follower)
        .join(Follower)
        .where(condition, MiniSession.ended_at.is_null(), MiniSession.expires_at > clock.utc_now())
        .order_by(MiniSession.last_seen_at.desc(), MiniSession.id.desc())
    )


def _end(condition: Any) -> int:
    ended = MiniSession.update(ended_at=clock.utc_now())
    return int(ended.where(condition, MiniSession.ended_at.is_null()).execute())


def _token(code: str, key: str) -> str:
    secret = config.settings().secret_key.encode()
    return urlsafe_b64encode(
        hmac.new(secret, f"mini|{key}|{code}".encode(), hashlib.sha256).digest()
    ).decode()


def _why(refusal: Refused) -> str:
    if refusal.errcode == RISKY:
        return "微信认为此账号有安全风险，暂时不能登录。请在微信里完成安全验证后再试"
    return SignInFailed.message
