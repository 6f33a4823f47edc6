"""Campaigns that paused by themselves: the reason, what to do, who was told, when they go on.

Three causes: the day's quota (45009), which midnight mends; too large a share that failed; an
error under which every further call would fail alike (class D, E or G of contract §14).
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

import clock
import config
from models.accounts import ALLIANCE_ROLES, Account, AccountRole
from models.base import db
from models.messaging import (
    Campaign,
    CampaignStatus,
    Channel,
    Delivery,
    DeliveryStatus,
    MassBatch,
    MassBatchStatus,
)
from models.sending import PauseKind, SendingPause
from services import access
from services.errors import StaleState
from services.messaging import contents, quotas, reasons
from services.messaging.channels import CALLED
from services.messaging.states import move
from wechat.errors import ErrorClass, classify

WINDOW = timedelta(minutes=10)
SETTLED = (DeliveryStatus.ACCEPTED, DeliveryStatus.DELIVERED, DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN)
LOOK_AGAIN_SECONDS = 2.0
MOST_REMEMBERED = 100
MOST_NAMED = 3
LONGEST = 200
TEXT_CHANGED = "推送的内容（或作者的权限）在审定后有变化，未审的不能发出。请改回原文后继续，或取消后另建推送"
_looked: dict[int, float] = {}  # campaign: when this process looked last, monotonic

_TEMPLATE = "在“消息模板”里核对或换一个模板，试发一条成功后，点“继续发送”"
_ADVICE = {
    40036: _TEMPLATE,
    40037: _TEMPLATE,
    47003: "模板的字段与内容对不上：在“消息模板”里核对字段，试发一条成功后，点“继续发送”",
    40249: "这个内容不能用模板消息发：取消后另建推送，渠道改选群发或客服消息",
    43116: "停用这个模板，换一个模板并试发成功后，点“继续发送”",
    48001: "公众号没有这个接口的权限：在公众平台核对认证与权限；其他渠道会在点“继续发送”后接着发",
}
_OF_CLASS = {
    ErrorClass.D: "按原因处理好、试发一条成功后，点“继续发送”；处理不了就取消，已发出的不受影响",
    ErrorClass.E: "请系统管理员核对公众号的设置（AppID、AppSecret、IP 白名单），修好后点“继续发送”",
    ErrorClass.G: "这是程序的问题：请系统管理员查看日志；修好之前不要反复点“继续发送”",
}
_FAILED = "看“原因”一栏：是模板或内容的问题，改好并试发成功后点“继续发送”；只是个别人拒收，可以直接继续"


def latest(campaign: Campaign) -> SendingPause | None:
    """The pause that lasts; None when it is over, or an operator paused it."""
    pause: SendingPause | None = (
        SendingPause.select()
        .where(SendingPause.campaign == campaign.id, SendingPause.ended_at.is_null())
        .order_by(SendingPause.id.desc())
        .first()
    )
    return pause


def note(
    campaign: Campaign,
    kind: PauseKind,
    reason: str,
    *,
    advice: str,
    errcode: int | None = None,
    resume_at: datetime | None = None,
) -> SendingPause:
    """Keep why a campaign paused by itself. Inside the transaction of the pause."""
    return SendingPause.create(
        campaign=campaign,
        kind=kind,
        reason=reason[:LONGEST],
        advice=advice[:LONGEST],
        told=told(campaign)[:LONGEST],
        errcode=errcode,
        resume_at=resume_at,
    )


def note_refusal(campaign: Campaign, errcode: int, reason: str) -> SendingPause:
    """The same for an error of the platform that would fall on everybody."""
    advice = _ADVICE.get(errcode) or _OF_CLASS.get(classify(errcode)) or _OF_CLASS[ErrorClass.D]
    return note(campaign, PauseKind.PLATFORM, reason, advice=advice, errcode=errcode)


def end(campaign: Campaign) -> None:
    """The campaign goes on, or is over: no pause of its own lasts."""
    SendingPause.update(ended_at=clock.utc_now()).where(
        SendingPause.campaign == campaign.id, SendingPause.ended_at.is_null()
    ).execute()


def told(campaign: Campaign) -> str:
    """In whose 待办 a paused campaign stands: the unit's and the alliance's accounts that may send."""
    roles = {role for role, may in access.PERMISSIONS.items() if "campaigns.send" in may}
    alliance = AccountRole.role.in_(list(roles & ALLIANCE_ROLES))
    rows = list(
        Account.select(Account.id, Account.display_name)
        .join(AccountRole)
        .where(Account.is_active == True, AccountRole.role.in_(list(roles)))  # noqa: E712 - SQL
        .where((Account.member_unit == campaign.member_unit_id) | alliance)
        .distinct()
        .order_by(Account.id)
    )
    if not rows:
        return "没有有发送权限的人，请系统管理员处理"
    named = "、".join(row.display_name for row in rows[:MOST_NAMED])
    return f"已列入{named}{f'等 {len(rows)} 人' if len(rows) > MOST_NAMED else ''}的待办"


def watch() -> int:
    """Pause what fails too much or has no quota left, let go on what midnight has mended; how many moved."""
    return sum(map(look, _sending())) + resume_due()


def look(campaign: Campaign) -> bool:
    """Pause a sending campaign where it should be; whether it was."""
    return _pause_failing(campaign) or _pause_without_quota(campaign)


def look_again(campaign: Campaign) -> bool:
    """The same from within its sending, for failures only and not more often than it costs little."""
    now = time.monotonic()
    if now - _looked.get(campaign.id, 0.0) < LOOK_AGAIN_SECONDS:
        return False
    if len(_looked) > MOST_REMEMBERED:
        _looked.clear()
    _looked[campaign.id] = now
    return _pause_failing(Campaign.get_by_id(campaign.id))


def resume_due() -> int:
    """Let campaigns go on whose quota is whole again; how many. A changed text stays paused."""
    due = (
        SendingPause.select(SendingPause, Campaign)
        .join(Campaign)
        .where(SendingPause.ended_at.is_null(), SendingPause.resume_at <= clock.utc_now())
    )
    resumed = 0
    for pause in list(due):
        campaign = pause.campaign
        try:
            with db.atomic():
                end(campaign)
                if campaign.status is not CampaignStatus.PAUSED:
                    continue
                if contents.content_hash(campaign) != campaign.content_hash:
                    Campaign.update(status_reason=TEXT_CHANGED).where(Campaign.id == campaign.id).execute()
                    continue  # nothing unreviewed goes out
                move(campaign, CampaignStatus.SENDING, actor=None, by_machine=True)
                resumed += 1
        except StaleState:
            continue  # an operator acted at this moment: that stands
    return resumed


def next_resume(after: datetime) -> datetime | None:
    """The next moment after which a campaign goes on by itself; None when none does."""
    waiting = SendingPause.ended_at.is_null() & (SendingPause.resume_at > after)
    found: datetime | None = SendingPause.select(fn.MIN(SendingPause.resume_at)).where(waiting).scalar()
    return found


def _sending() -> list[Campaign]:
    return list(Campaign.select().where(Campaign.status == CampaignStatus.SENDING))


def _pause_failing(campaign: Campaign) -> bool:
    settings = config.settings()
    if not settings.send_failure_share or campaign.status is not CampaignStatus.SENDING:
        return False
    since = max(clock.utc_now() - WINDOW, _last_resumed(campaign))
    query: Any = (
        Delivery.select(Delivery.status, Delivery.reason, fn.COUNT(Delivery.id))
        .where(Delivery.campaign == campaign, Delivery.status.in_(SETTLED), Delivery.settled_at > since)
        .group_by(Delivery.status, Delivery.reason)
        .tuples()
    )
    rows = list(query)
    total = sum(count for _, _, count in rows)
    failed = {reason: count for status, reason, count in rows if status is DeliveryStatus.FAILED}
    count = sum(failed.values())
    if total < settings.send_failure_least or count < settings.send_failure_share * total:
        return False
    worst = max(failed, key=lambda reason: failed[reason])
    why = (
        f"最近十分钟 {total:,} 条有结果的里有 {count:,} 条失败（{count / total:.0%}），"
        f"最多的是：{reasons.words(worst)}。已自动暂停"
    )
    return _pause(campaign, PauseKind.FAILURES, why, advice=_FAILED)


def _last_resumed(campaign: Campaign) -> datetime:
    """When its last pause ended: what failed before was looked at by somebody."""
    ended = SendingPause.select(fn.MAX(SendingPause.ended_at)).where(SendingPause.campaign == campaign.id)
    found: datetime | None = ended.scalar()
    return found or datetime.min  # noqa: DTZ901 - naive UTC, before everything


def _pause_without_quota(campaign: Campaign) -> bool:
    """Only the quota holds it back: nothing is left to call by any other channel."""
    spent = quotas.exhausted() & set(CALLED)
    if not spent:
        return False
    waiting = list(
        Delivery.select(Delivery.status, Delivery.channel)
        .where(
            Delivery.campaign == campaign,
            Delivery.status.in_([DeliveryStatus.PLANNED, DeliveryStatus.CLAIMED]),
            Delivery.channel.in_(list(CALLED)),
        )
        .distinct()
    )
    is_only_quota = waiting and all(
        row.channel in spent and row.status is DeliveryStatus.PLANNED for row in waiting
    )
    if not is_only_quota or _has_open_batch(campaign):
        return False
    why = "当日接口调用额度已用完（45009）。零点恢复额度，免打扰时段过后自动继续"
    advice = "不用处理：到时自己继续，没发出的一个不少。等不及的，取消后改用其他渠道"
    return _pause(campaign, PauseKind.QUOTA, why, advice=advice, errcode=45009, at=quotas.renewed_at())


def _has_open_batch(campaign: Campaign) -> bool:
    open_ones = MassBatch.status.in_([MassBatchStatus.PLANNED, MassBatchStatus.CLAIMED])
    return bool(
        Channel.MASS_SEND not in quotas.exhausted()
        and MassBatch.select().where(MassBatch.campaign == campaign, open_ones).exists()
    )


def _pause(
    campaign: Campaign,
    kind: PauseKind,
    why: str,
    *,
    advice: str,
    errcode: int | None = None,
    at: datetime | None = None,
) -> bool:
    try:
        with db.atomic():
            move(campaign, CampaignStatus.PAUSED, actor=None, by_machine=True, reason=why)
            note(campaign, kind, why, advice=advice, errcode=errcode, resume_at=at)
    except StaleState:
        return False  # somebody moved it at this moment: that stands
    return True
