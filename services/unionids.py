"""Asking who a member is across our apps: the chat alone never tells a unionid.

Of everybody at night; soon after a binding, a follow or a first sign-in of a phone, of those whom it
may concern, so that the mini program knows by itself who was bound in chat, and the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from peewee import ModelSelect, chunked

import clock
import config
from models.people import Follower, FollowPeriod
from services import identities, leases
from wechat.capabilities import Capability
from wechat.errors import Refused
from wechat.gateway import Gateway
from wechat.user_infos import MOST_AT_ONCE

NO_SUCH_OPENID = 40003
RECENT = timedelta(hours=1)
MOST_OF_LATE = 500
LEASE_SECONDS = 120.0


def ask(*, wechat: Gateway) -> int:
    """Learn the unionids of the official account's members; how many were learnt.

    Only once the mini program has followers, whom it brings together with them. An account on no
    open platform tells none: then it stops after the first call. Raises what the gateway raises;
    what was learnt until then stays.
    """
    if not Follower.select().where(Follower.app_id == config.settings().mini_app_id).exists():
        return 0
    return _learn(list(_unknown().where(Follower.person.is_null(False))), wechat)


def ask_recent(*, wechat: Gateway) -> int:
    """The same for those whom something of the last hour concerns; how many were learnt.

    No call is made where nobody is concerned, nor for an account that may not ask.
    """
    concerned = _recent()
    if not concerned or not wechat.capabilities.allows(Capability.TAGS):  # both need a verified account
        return 0
    with leases.held("unionids.ask_recent", seconds=LEASE_SECONDS) as lease:
        return _learn(concerned, wechat) if lease is not None else 0


def anybody_recent() -> bool:
    """Whether there is somebody to ask about now; without any call."""
    return bool(_recent(most=1))


def _recent(most: int = MOST_OF_LATE) -> list[Follower]:
    """Who was bound of late; who follows of late, where the mini program has members; all members, where
    a phone signed in of late whose WeChat nobody here is known to have."""
    mini, since = config.settings().mini_app_id, clock.utc_now() - RECENT
    if not mini:
        return []
    of_mini = Follower.select().where(Follower.app_id == mini)
    concerned = Follower.person.is_null(False) & (Follower.bound_at >= since)
    if of_mini.where(Follower.person.is_null(False)).exists():
        followed = FollowPeriod.select(FollowPeriod.follower).where(FollowPeriod.followed_at >= since)
        concerned |= Follower.id.in_(followed)
    unbound = of_mini.where(Follower.person.is_null(), Follower.unionid.is_null(False))
    if unbound.where(Follower.created_at >= since).exists():
        concerned |= Follower.person.is_null(False)
    return list(_unknown().where(concerned).limit(most))


def _unknown() -> ModelSelect[Follower]:
    return (
        Follower.select()
        .where(
            Follower.app_id == config.settings().wechat_app_id,
            Follower.is_following == True,  # noqa: E712 - SQL, not Python
            Follower.unionid.is_null(),
        )
        .order_by(Follower.id)
    )


def _learn(unknown: Sequence[Follower], wechat: Gateway) -> int:
    learnt = 0
    for batch in chunked(unknown, MOST_AT_ONCE):
        told = _told([row.openid for row in batch], wechat)
        found = [(row, told[row.openid]) for row in batch if told.get(row.openid)]
        for row, unionid in found:
            identities.learn_unionid(row, unionid)
        learnt += len(found)
        if not found:
            break
    return learnt


def _told(openids: list[str], wechat: Gateway) -> dict[str, str]:
    """Unionids by openid. One openid that is no more (40003) refuses a batch: then each is asked alone."""
    try:
        return {info.openid: info.unionid for info in wechat.user_infos.get(openids)}
    except Refused as refusal:
        if refusal.errcode != NO_SUCH_OPENID:
            raise
        if len(openids) == 1:
            return {}
    told: dict[str, str] = {}
    for openid in openids:
        told |= _told([openid], wechat)
    return told
