"""Deliveries (投递): claim a chunk under a lease, call WeChat, settle what came back.

No transaction is open during a call. What a killed worker held is found by its lease: a
template call is repeated under the same client_msg_id while the first is under nine minutes
old (the platform remembers it for ten); whatever has no such key becomes unknown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from peewee import fn

import clock
from models.base import db, is_sqlite, repeated
from models.messaging import (
    Basis,
    Campaign,
    CampaignStatus,
    Channel,
    Delivery,
    DeliveryStatus,
    TemplateMapping,
)
from models.people import Follower, Person, SubscriptionConsent
from services import stopping
from services.errors import Invalid
from services.messaging import (
    clicks,
    contents,
    ledger,
    planner,
    quiet_hours,
    quotas,
    replan,
    sending_pauses,
    settling,
    variables,
)
from services.messaging.channels import CALLED
from services.messaging.settling import LEASE, REPEAT_WITHIN, Claimed
from wechat.errors import ErrorClass, NotAllowed
from wechat.gateway import Gateway
from wechat.messages import OneTimeMessage, TemplateMessage, WindowMessage
from wechat.sender import SendOutcome

KEYLESS_CLAIM = 100  # what a kill may leave unknown
CALL_BEFORE_END = timedelta(seconds=60)  # of the lease; a call must end inside it


@dataclass(slots=True)
class ChunkOutcome:
    """What a chunk's sending came to; `why_stopped` in words, "" when it went to its end."""

    claimed: int = 0
    settled: int = 0
    why_stopped: str = ""


def due_chunks(limit: int = 1000) -> list[tuple[int, int]]:
    """Campaign and chunk of what is planned and may be called now, oldest campaign first."""
    now = clock.utc_now()
    allowed = [channel for channel in CALLED if channel not in quotas.exhausted()]
    query: Any = (
        Delivery.select(Delivery.campaign, Delivery.chunk)
        .join(Campaign)
        .where(
            Campaign.status == CampaignStatus.SENDING,
            Delivery.status == DeliveryStatus.PLANNED,
            Delivery.channel.in_(allowed),
            Delivery.not_before.is_null() | (Delivery.not_before <= now),
        )
        .distinct()
        .order_by(Delivery.campaign, Delivery.chunk)
        .limit(limit)
    )
    if quiet_hours.is_quiet(now):
        query = query.where(Campaign.quiet_hours_override != "")
    return [(campaign_id, chunk) for campaign_id, chunk in query.tuples()]


def send_chunk(campaign_id: int, chunk: int, *, wechat: Gateway) -> ChunkOutcome:
    """Send what is planned in one chunk of a campaign that is sending.

    Rows claimed elsewhere are left alone. Losing this call costs a minute, never a message.
    """
    told = ChunkOutcome()
    campaign = Campaign.get_or_none(Campaign.id == campaign_id)
    if campaign is None or campaign.status is not CampaignStatus.SENDING:
        told.why_stopped = "推送不在发送中"
        return told
    if quiet_hours.is_quiet(clock.utc_now()) and not campaign.quiet_hours_override:
        told.why_stopped = "免打扰时段"
        return told
    if why := contents.why_not_sendable(campaign):
        settling.pause(campaign, why)
        told.why_stopped = why
        return told
    _give_up_old_repeats(campaign_id, chunk)
    wording = _Wording(campaign)
    for channel in CALLED:
        limit = None if channel is Channel.TEMPLATE_MESSAGE else KEYLESS_CLAIM
        while not told.why_stopped and (claimed := _claim(campaign_id, chunk, channel, limit=limit)):
            told.claimed += len(claimed)
            _send(campaign, channel, claimed, wording, wechat, told)
            if stopping.is_asked():
                told.why_stopped = told.why_stopped or "任务进程正在结束"
    return told


def free_expired() -> int:
    """Find the rows whose worker died: plan them again or call them unknown; how many."""
    freed = 0
    while True:
        now = clock.utc_now()
        lost = (
            Delivery.select(Delivery.id, Delivery.channel, Delivery.first_called_at)
            .where(Delivery.lease_until < now, Delivery.status == DeliveryStatus.CLAIMED)
            .where(Delivery.batch.is_null())
            .order_by(Delivery.id)
            .limit(500)
        )
        rows: list[Any] = list(lost.tuples())
        if not rows:
            break
        settling.free(rows, now)
        freed += len(rows)
        time.sleep(ledger.BREATHER_SECONDS)
    return freed


@repeated
def _claim(campaign_id: int, chunk: int, channel: Channel, *, limit: int | None) -> list[Claimed]:
    """Claim the chunk's planned rows of a channel under a lease: one UPDATE, the rows returned."""
    if channel in quotas.exhausted():
        return []
    now = clock.utc_now()
    sending = Campaign.select(Campaign.id).where(
        Campaign.id == campaign_id, Campaign.status == CampaignStatus.SENDING
    )
    due = (
        Delivery.select(Delivery.id)
        .where(
            Delivery.campaign == campaign_id,
            Delivery.status == DeliveryStatus.PLANNED,
            Delivery.channel == channel,
            Delivery.chunk == chunk,
            Delivery.not_before.is_null() | (Delivery.not_before <= now),
            fn.EXISTS(sending),
        )
        .order_by(Delivery.id)
        .limit(limit)
    )
    if not is_sqlite():
        due = due.for_update(True, skip_locked=True)
    with db.atomic():
        claiming = (
            Delivery.update(
                status=DeliveryStatus.CLAIMED,
                claimed_at=now,
                lease_until=now + LEASE,
                # a repeat keeps the time of its first call: the key lives ten minutes from there
                first_called_at=fn.COALESCE(Delivery.first_called_at, now),
            )
            .where(Delivery.id.in_(due))
            .returning(Delivery.id)
        )
        ids = [row.id for row in claiming.execute()]
        return _read(ids, channel)


def _read(ids: list[int], channel: Channel) -> list[Claimed]:
    if not ids:
        return []
    query: Any = (
        Delivery.select(
            Delivery.id,
            Delivery.basis,
            Delivery.first_called_at,
            Delivery.lease_until,
            Follower.id.alias("follower_id"),
            Follower.openid,
            Person.member_unit,
        )
        .join(Follower)
        .switch(Delivery)
        .join(Person)
        .where(Delivery.id.in_(ids))
        .order_by(Delivery.id)
    )
    rows = [Claimed(row[0], channel, *row[1:]) for row in query.tuples()]
    if channel is Channel.ONE_TIME_SUBSCRIPTION:
        consents: dict[int, SubscriptionConsent] = {}
        unused = SubscriptionConsent.select().where(
            SubscriptionConsent.follower.in_([row.follower_id for row in rows]),
            SubscriptionConsent.used_at.is_null(),
        )
        for consent in unused.order_by(SubscriptionConsent.id.desc()):
            consents[consent.follower_id] = consent
        for row in rows:
            row.consent = consents.get(row.follower_id)
    return rows


def _give_up_old_repeats(campaign_id: int, chunk: int) -> None:
    """A template whose first call may have gone, too long ago for its key: never sent again blindly."""
    old: list[Any] = list(
        Delivery.select(Delivery.id, Delivery.channel, Delivery.first_called_at)
        .where(
            Delivery.campaign == campaign_id,
            Delivery.status == DeliveryStatus.PLANNED,
            Delivery.channel == Channel.TEMPLATE_MESSAGE,
            Delivery.chunk == chunk,
            Delivery.first_called_at < clock.utc_now() - REPEAT_WITHIN,
        )
        .tuples()
    )
    if old:
        settling.free(old, clock.utc_now())


class _Wording:
    """The campaign's texts, made once per chunk."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.url = contents.link(campaign)
        self._mappings = dict(zip((Basis.SIGN_UP, Basis.OPT_IN), planner.mappings(campaign), strict=True))
        self._fields: dict[int, dict[str, str]] = {}
        self._chats: dict[int | None, str] = {}
        self._urls: dict[int | None, str] = {}
        self._one_time: tuple[str, str] | None = None
        self.is_personal = contents.is_personal(campaign)
        self._persons: dict[int, variables.PersonWords] = {}

    def message(self, row: Claimed) -> TemplateMessage | WindowMessage | OneTimeMessage | None:
        """The message for a row; None when its template or its consent is gone. Raises Invalid."""
        if row.channel is Channel.WINDOW_MESSAGE:
            return WindowMessage(row.id, row.openid, self._chat_for(row))
        if row.channel is Channel.ONE_TIME_SUBSCRIPTION:
            if row.consent is None:
                return None
            self._one_time = self._one_time or contents.one_time_fields(self.campaign)
            title, text = self._one_time
            if self.is_personal:
                title, text = contents.one_time_fields(self.campaign, self._person(row))
            consent = row.consent
            return OneTimeMessage(
                row.id, row.openid, consent.template_id, consent.scene, title, text, self._url_for(row)
            )
        mapping = self._mappings.get(row.basis) or self._mappings.get(Basis.OPT_IN)
        if mapping is None:
            return None
        return TemplateMessage(
            row.id,
            row.openid,
            mapping.template_id,
            self._values(mapping, row),
            self._url_for(row),
            client_msg_id(row),
        )

    def _chat_for(self, row: Claimed) -> str:
        if self.is_personal:
            said = contents.chat_text(self.campaign, self._person(row))
            return clicks.in_text(said, self.url, self.campaign, row.unit_id)
        if row.unit_id not in self._chats:
            said = contents.chat_text(self.campaign)
            self._chats[row.unit_id] = clicks.in_text(said, self.url, self.campaign, row.unit_id)
        return self._chats[row.unit_id]

    def _url_for(self, row: Claimed) -> str:
        if row.unit_id not in self._urls:
            self._urls[row.unit_id] = clicks.marked(self.url, self.campaign, row.unit_id)
        return self._urls[row.unit_id]

    def meet(self, claimed: list[Claimed]) -> None:
        """Learn who is spoken to, where the text says it: one query for all."""
        if self.is_personal:
            self._persons = variables.words_of([row.follower_id for row in claimed])

    def _person(self, row: Claimed) -> variables.PersonWords | None:
        return self._persons.get(row.follower_id)

    def _values(self, mapping: TemplateMapping, row: Claimed) -> dict[str, str]:
        if self.is_personal:
            return contents.template_fields(self.campaign, mapping, self._person(row))
        if mapping.id not in self._fields:
            self._fields[mapping.id] = contents.template_fields(self.campaign, mapping)
        return self._fields[mapping.id]


def client_msg_id(row: Claimed) -> str:
    """The key under which a template call may be repeated: the delivery and its first call's time.

    A retry after a definite failure has a new time, so that the platform does not take it for
    the old message.
    """
    return f"d{row.id}-{int(clock.to_timestamp(row.first_called_at))}"


def _send(
    campaign: Campaign,
    channel: Channel,
    claimed: list[Claimed],
    wording: _Wording,
    wechat: Gateway,
    told: ChunkOutcome,
) -> None:
    """Call for every claimed row and settle in batches; rows that were not called are put back.

    An error that is not WeChat's leaves the rows claimed: their lease ends, and the sweep judges.
    """
    waiting = {row.id: row for row in claimed}
    wording.meet(claimed)
    gone = [row.id for row in claimed if channel is Channel.ONE_TIME_SUBSCRIPTION and row.consent is None]
    sends: dict[Channel, Callable[..., Iterator[SendOutcome]]] = {
        Channel.WINDOW_MESSAGE: wechat.send_window_messages,
        Channel.TEMPLATE_MESSAGE: wechat.send_templates,
        Channel.ONE_TIME_SUBSCRIPTION: wechat.send_one_time,
    }
    try:
        messages = _messages(claimed, wording, gone)
        outcomes = sends[channel](messages, stop=lambda: bool(told.why_stopped) or stopping.is_asked())
        for batch in _batches(outcomes):
            rows = [(waiting.pop(outcome.key), outcome) for outcome in batch]
            told.why_stopped = settling.settle(campaign, channel, rows) or told.why_stopped
            told.settled += len(rows)
            if not told.why_stopped and _fails(rows) and sending_pauses.look_again(campaign):
                told.why_stopped = "失败过多，已自动暂停"
    except NotAllowed:
        replan.without(list(waiting), channel)  # nothing was called
        return
    except Invalid as error:
        told.why_stopped = str(error)
        settling.pause(campaign, told.why_stopped)
    if gone:
        replan.without(gone, channel)
    settling.put_back([row for each, row in waiting.items() if each not in set(gone)])


def _fails(rows: list[tuple[Claimed, SendOutcome]]) -> bool:
    return any(said.error_class is ErrorClass.F1 for _, said in rows)


def _messages(
    claimed: list[Claimed], wording: _Wording, gone: list[int]
) -> Iterator[TemplateMessage | WindowMessage | OneTimeMessage]:
    """Messages one by one, as the connections ask for them, while the lease has time for a call."""
    missing = set(gone)
    for row in claimed:
        if clock.utc_now() > row.lease_until - CALL_BEFORE_END:
            return
        if row.id in missing:
            continue
        message = wording.message(row)
        if message is None:
            gone.append(row.id)
        else:
            yield message


def _batches(outcomes: Iterator[SendOutcome]) -> Iterator[list[SendOutcome]]:
    """Outcomes by the batch, with a breather after each: SQLite lets nobody else in otherwise."""
    batch: list[SendOutcome] = []
    for outcome in outcomes:
        batch.append(outcome)
        if len(batch) >= ledger.BATCH:
            yield batch
            batch = []
            time.sleep(ledger.BREATHER_SECONDS)
    if batch:
        yield batch
