"""The nightly asking who a member is across our apps: the chat alone never tells a unionid."""

from __future__ import annotations

from peewee import chunked

import config
from models.people import Follower
from services import identities
from wechat.errors import Refused
from wechat.gateway import Gateway
from wechat.user_infos import MOST_AT_ONCE

NO_SUCH_OPENID = 40003


def ask(*, wechat: Gateway) -> int:
    """Learn the unionids of the official account's members; how many were learnt.

    Only once the mini program has followers, whom it brings together with them. An account on no
    open platform tells none: then it stops after the first call. Raises what the gateway raises;
    what was learnt until then stays.
    """
    settings = config.settings()
    if not Follower.select().where(Follower.app_id == settings.mini_app_id).exists():
        return 0
    unknown = Follower.select().where(
        Follower.app_id == settings.wechat_app_id,
        Follower.is_following == True,  # noqa: E712 - SQL, not Python
        Follower.person.is_null(False),
        Follower.unionid.is_null(),
    )
    learnt = 0
    for batch in chunked(list(unknown.order_by(Follower.id)), MOST_AT_ONCE):
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
