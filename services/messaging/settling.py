"""What came back from the calls, written to the ledger: one transaction per batch.

The classes of refusals are those of contract §14. Every call is an attempt; a second accepted
or unknown one of a delivery cannot be written (index attempt_once): the repeat of a template
under the same key resolves the attempt that was unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

import clock
import config
from models.base import db, locked, repeated
from models.messaging import (
    Attempt,
    AttemptOutcome,
    Basis,
    Campaign,
    CampaignStatus,
    Channel,
    Delivery,
    DeliveryStatus,
)
from models.people import Follower, SubscriptionConsent
from services import followers
from services.errors import StaleState
from services.messaging import campaigns, ledger, quiet_hours, quotas, reasons, replan, sending_pauses
from services.messaging.states import move
from wechat.errors import ErrorClass
from wechat.sender import Outcome, SendOutcome

LEASE = timedelta(minutes=3)
REPEAT_WITHIN = timedelta(minutes=9)
TRY_AGAIN = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30))
TRY_AFTER = {43117: timedelta(hours=2), 40252: timedelta(hours=1), 45066: timedelta(minutes=2)}
REPEAT_AFTER = timedelta(seconds=10)
LEFT_CODES = frozenset({43004, 50005})
NO_QUOTA = 45009
TEMPLATE_VALUES_WRONG = 47003
NO_CONSENT = 43101
WINDOW_SHUT = frozenset({45015, 45047})

ATTEMPT = (
    "INSERT INTO attempt (created_at, delivery_id, channel, at, outcome, errcode, msg_id, rid)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (delivery_id) WHERE outcome IN ('accepted', 'unknown') DO UPDATE SET"
    " outcome = CASE WHEN attempt.outcome = 'accepted' THEN 'accepted' ELSE excluded.outcome END,"
    " msg_id = COALESCE(excluded.msg_id, attempt.msg_id)"
)
# Whatever the sweep thought of the row meanwhile, an answer of the platform is the truth.
ACCEPT = (
    "UPDATE delivery SET status = 'accepted', reason = 'accepted', msg_id = ?, settled_at = ?,"
    " lease_until = NULL WHERE id = ? AND status IN ('claimed', 'planned', 'unknown')"
)
FAIL = (
    "UPDATE delivery SET status = 'failed', reason = ?, settled_at = ?, lease_until = NULL"
    " WHERE id = ? AND status IN ('claimed', 'planned')"
)
UNKNOWN = (
    "UPDATE delivery SET status = 'unknown', reason = ?, settled_at = ?, lease_until = NULL"
    " WHERE id = ? AND status IN ('claimed', 'planned')"
)
PLAN_AGAIN = (
    "UPDATE delivery SET status = 'planned', reason = ?, not_before = ?, first_called_at = ?,"
    " lease_until = NULL, claimed_at = NULL WHERE id = ? AND status = 'claimed'"
)
# The sweep may have freed it and another claimed it meanwhile: then it is theirs to plan again.
PLAN_OURS_AGAIN = f"{PLAN_AGAIN} AND lease_until = ?"


@dataclass(slots=True)
class Claimed:
    """A delivery in this worker's hands."""

    id: int
    channel: Channel
    basis: Basis
    first_called_at: datetime
    lease_until: datetime
    follower_id: int
    openid: str = field(repr=False)
    unit_id: int | None = None
    consent: SubscriptionConsent | None = None


Row = tuple[Claimed, SendOutcome]


@repeated
def settle(campaign: Campaign, channel: Channel, rows: Sequence[Row]) -> str:
    """Write what became of these calls. Why sending must stop now, in words; "" to go on."""
    now = clock.utc_now()
    rows = sorted(rows, key=lambda row: row[0].id)  # in one order everywhere: settlers do not wait in a ring
    why = ""
    with db.atomic():
        called = [row for row in rows if not _was_not_called(row[1])]
        _record(channel, called, now)
        quotas.spend(channel, len(called))
        sorted_rows = _sort(channel, rows)
        _accept(channel, sorted_rows["accepted"], now)
        _fail(sorted_rows["failed"], now)
        replan.in_transaction([row.id for row, _ in sorted_rows["without"]], channel)
        _note_channel_refusals(channel, sorted_rows["without"])
        _unknown(channel, sorted_rows["unknown"], now)
        _try_later(channel, sorted_rows["later"], now)
        if sorted_rows["stop"]:
            why = _stop(campaign, channel, sorted_rows["stop"], now)
        _keep_cancelled(campaign)
    return why


def put_back(rows: Sequence[Claimed]) -> None:
    """Plan again rows that were claimed and not called."""
    for start in range(0, len(rows), ledger.BATCH):
        _put_back(rows[start : start + ledger.BATCH])


@repeated
def _put_back(rows: Sequence[Claimed]) -> None:
    with db.atomic():
        _plan_again([(row, "stopped", None, _first_call_before(row)) for row in rows])


@repeated
def free(rows: Sequence[tuple[int, Channel, datetime | None]], now: datetime) -> None:
    """Judge rows whose worker died, in one transaction."""
    with db.atomic():
        _free(rows, now)


def _free(rows: Sequence[tuple[int, Channel, datetime | None]], now: datetime) -> None:
    rows = _still_as_seen(rows, now)
    again: list[tuple[int, Channel, datetime | None]] = []
    unknown: list[tuple[int, Channel, datetime | None]] = []
    for delivery_id, channel, first_called_at in rows:
        is_young = first_called_at is not None and first_called_at > now - REPEAT_WITHIN
        (again if channel is Channel.TEMPLATE_MESSAGE and is_young else unknown).append(
            (delivery_id, channel, first_called_at)
        )
    ledger.many(PLAN_AGAIN, [("lease_freed", None, first, each) for each, _, first in again])
    ledger.many(UNKNOWN, [("lease_expired", now, each) for each, _, _ in unknown])
    calls = [(now, each, channel.value, first or now) for each, channel, first in unknown]
    ledger.many(ATTEMPT, [(*call, AttemptOutcome.UNKNOWN.value, 0, None, "") for call in calls])
    cancelled = (
        Delivery.select(Delivery.campaign)
        .join(Campaign)
        .where(Delivery.id.in_([row[0] for row in again]), Campaign.status == CampaignStatus.CANCELLED)
        .distinct()
    )
    for campaign_id in [row.campaign_id for row in cancelled]:
        campaigns.skip_cancelled(campaign_id)


def _still_as_seen(
    rows: Sequence[tuple[int, Channel, datetime | None]], now: datetime
) -> list[tuple[int, Channel, datetime | None]]:
    """Those that nobody settled or planned anew since they were looked up: a worker may be late, not dead."""
    is_over = (Delivery.status == DeliveryStatus.CLAIMED) & (Delivery.lease_until < now)
    query = Delivery.select(Delivery.id, Delivery.channel, Delivery.first_called_at).where(
        Delivery.id.in_([row[0] for row in rows]), is_over | (Delivery.status == DeliveryStatus.PLANNED)
    )
    standing: Any = locked(query.order_by(Delivery.id)).tuples()
    same = {each[0]: each for each in standing}
    return [row for row in rows if same.get(row[0]) == tuple(row)]


def pause(campaign: Campaign, why: str, *, errcode: int | None = None) -> None:
    """Pause a sending campaign with the reason; nothing when somebody moved it meanwhile.

    `errcode`: the platform's, where every further call would fail alike.
    """
    fresh = Campaign.get_by_id(campaign.id)
    if fresh.status is not CampaignStatus.SENDING:
        return
    try:
        with db.atomic():
            move(fresh, CampaignStatus.PAUSED, actor=None, by_machine=True, reason=why)
            if errcode is not None:
                sending_pauses.note_refusal(fresh, errcode, why)
    except StaleState:
        return  # an operator was faster; what they decided stands


def _was_not_called(outcome: SendOutcome) -> bool:
    """Read by the sender and never started: the sending was stopped, or no connection was made."""
    return outcome.outcome is Outcome.TRY_LATER and outcome.errcode is None


def _record(channel: Channel, rows: Sequence[Row], now: datetime) -> None:
    outcomes = {
        Outcome.ACCEPTED: AttemptOutcome.ACCEPTED,
        Outcome.REFUSED: AttemptOutcome.REFUSED,
        Outcome.TRY_LATER: AttemptOutcome.TRY_LATER,
        Outcome.UNKNOWN: AttemptOutcome.UNKNOWN,
    }
    ledger.many(
        ATTEMPT,
        [
            (
                now,
                row.id,
                channel.value,
                now,
                outcomes[said.outcome].value,
                said.errcode or 0,
                said.msgid or None,
                said.rid,
            )
            for row, said in rows
        ],
    )
    # a repeat under the same key would have said yes, had the first call gone
    ledger.many(
        "UPDATE attempt SET outcome = 'refused' WHERE delivery_id = ? AND outcome = 'unknown'",
        [(row.id,) for row, said in rows if said.outcome is Outcome.REFUSED],
    )


def _sort(channel: Channel, rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {
        name: [] for name in ("accepted", "failed", "without", "unknown", "later", "stop")
    }
    for row, said in rows:
        found[_kind(channel, said)].append((row, said))
    return found


def _kind(channel: Channel, said: SendOutcome) -> str:
    if said.outcome is Outcome.ACCEPTED:
        return "accepted"
    if said.outcome is Outcome.UNKNOWN:
        return "unknown"
    if said.outcome is Outcome.TRY_LATER:
        return "later"
    if said.error_class is ErrorClass.F1:
        return "failed"
    # the values are the campaign's, the same for everybody: the template is at fault
    is_template_bug = said.errcode == TEMPLATE_VALUES_WRONG and channel is Channel.TEMPLATE_MESSAGE
    return "stop" if said.stops_campaign or is_template_bug else "without"


def _accept(channel: Channel, rows: Sequence[Row], now: datetime) -> None:
    ledger.many(ACCEPT, [(said.msgid or None, now, row.id) for row, said in rows])
    _spend(channel, [row for row, _ in rows], now)


def _spend(channel: Channel, rows: Sequence[Claimed], now: datetime) -> None:
    """What an accepted, or perhaps accepted, message uses up besides the day's quota."""
    if channel is Channel.WINDOW_MESSAGE:
        ledger.many(
            "UPDATE follower SET window_left = window_left - 1 WHERE id = ? AND window_left > 0",
            sorted((row.follower_id,) for row in rows),
        )
    if channel is Channel.ONE_TIME_SUBSCRIPTION:
        ledger.many(
            "UPDATE subscription_consent SET used_at = ? WHERE id = ?",
            [(now, row.consent.get_id()) for row in rows if row.consent is not None],
        )


def _fail(rows: Sequence[Row], now: datetime) -> None:
    ledger.many(FAIL, [(reasons.of_errcode(said.errcode), now, row.id) for row, said in rows])
    for row, said in rows:
        if said.errcode in LEFT_CODES:
            followers.unfollowed(config.settings().wechat_app_id, row.openid, at=now)


def _note_channel_refusals(channel: Channel, rows: Sequence[Row]) -> None:
    """What a refusal says about the next campaign's plan: the window is shut, the consent is gone."""
    shut = [row.follower_id for row, said in rows if said.errcode in WINDOW_SHUT]
    if shut:
        Follower.update(window_left=0).where(Follower.id.in_(shut)).execute()
    gone = [row for row, said in rows if said.errcode == NO_CONSENT]
    if channel is Channel.ONE_TIME_SUBSCRIPTION:
        _spend(channel, gone, clock.utc_now())


def _unknown(channel: Channel, rows: Sequence[Row], now: datetime) -> None:
    """A template is asked again under its key while that lives; everything else stays unknown."""
    again = [
        row
        for row, _ in rows
        if channel is Channel.TEMPLATE_MESSAGE and row.first_called_at > now - REPEAT_WITHIN
    ]
    _plan_again([(row, "no_answer", now + REPEAT_AFTER, row.first_called_at) for row in again])
    ended = [row for row, _ in rows if row not in again]
    ledger.many(UNKNOWN, [("no_answer", now, row.id) for row in ended])
    _spend(channel, ended, now)


def _try_later(channel: Channel, rows: Sequence[Row], now: datetime) -> None:
    """Put back with a time not to try before; after five tries the channel is given up."""
    if not rows:
        return
    ids = [row.id for row, _ in rows]
    counted: Any = (
        Attempt.select(Attempt.delivery, fn.COUNT(Attempt.id))
        .where(
            Attempt.delivery.in_(ids),
            Attempt.channel == channel,
            Attempt.outcome == AttemptOutcome.TRY_LATER,
        )
        .group_by(Attempt.delivery)
        .tuples()
    )
    tries: dict[int, int] = dict(counted)
    spent = [row.id for row, _ in rows if tries.get(row.id, 0) > len(TRY_AGAIN)]
    replan.in_transaction(spent, channel)
    again = []
    for row, said in rows:
        if row.id in spent:
            continue
        tried = max(1, tries.get(row.id, 0))
        wait = TRY_AFTER.get(said.errcode or 0, TRY_AGAIN[min(tried, len(TRY_AGAIN)) - 1])
        # nothing was sent: unless a call before this one may have gone, the next has a new key
        again.append((row, "try_later", now + wait, _first_call_before(row)))
    _plan_again(again)


def _stop(campaign: Campaign, channel: Channel, rows: Sequence[Row], now: datetime) -> str:
    """The platform would refuse everybody: put the rows back, and pause unless it is only for today."""
    codes = {said.errcode for _, said in rows}
    if codes == {NO_QUOTA}:
        quotas.exhaust(channel)
        tomorrow = quotas.renewed_at()
        # the quota comes back at midnight, the quiet hours end later
        morning = tomorrow if campaign.quiet_hours_override else quiet_hours.next_allowed(tomorrow)
        if campaign.deadline_at is not None and campaign.deadline_at <= morning:
            replan.in_transaction([row.id for row, _ in rows], channel, reason="quota_overflow")
        else:
            _plan_again([(row, "quota_exhausted", tomorrow, None) for row, _ in rows])
        return reasons.words("quota_exhausted")
    _plan_again([(row, "stopped", None, _first_call_before(row)) for row, _ in rows])
    said = next(outcome for _, outcome in rows if outcome.errcode != NO_QUOTA)
    why = reasons.words(f"e{said.errcode}") if said.errcode else said.errmsg
    pause(campaign, why, errcode=said.errcode)
    return why


def _plan_again(rows: Sequence[tuple[Claimed, str, datetime | None, datetime | None]]) -> None:
    """Rows with the reason, the time not to try before, and the first call whose key still counts."""
    ledger.many(
        PLAN_OURS_AGAIN,
        [(why, not_before, first, row.id, row.lease_until) for row, why, not_before, first in rows],
    )


def _first_call_before(row: Claimed) -> datetime | None:
    """The first call, if it was made under an earlier claim and may have gone; else None."""
    return row.first_called_at if row.first_called_at < row.lease_until - LEASE else None


def _keep_cancelled(campaign: Campaign) -> None:
    """Rows that went back to planned although the campaign was cancelled meanwhile."""
    status = Campaign.select(Campaign.status).where(Campaign.id == campaign.id).scalar()
    if status == CampaignStatus.CANCELLED:
        campaigns.skip_cancelled(campaign.id)
