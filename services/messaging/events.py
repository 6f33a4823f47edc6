"""Results that WeChat reports after the fact: stored at once, settled in bulk.

An event may come before the call that caused it returned, late, twice, or never. It is kept
until its `msg_id` is known, and matched then.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import clock
from models.base import db, repeated
from models.inbound import PlatformEvent
from models.messaging import (
    Attempt,
    AttemptOutcome,
    Campaign,
    Channel,
    Delivery,
    DeliveryStatus,
    MassBatch,
    MassBatchStatus,
)
from services.messaging import ledger, mass
from wechat.inbound import Inbound
from wechat.job_events import MassResult, TemplateResult, read_job_event

TEMPLATE, MASS = "TEMPLATESENDJOBFINISH", "MASSSENDJOBFINISH"
BATCH = 500
UNDECIDED = [DeliveryStatus.ACCEPTED, DeliveryStatus.UNKNOWN]
FAILURES = ("user_block", "system_failed")
EVENT_COMES_WITHIN = timedelta(days=1)
LOOKED_BACK = timedelta(days=20)  # a campaign with riders lives a fortnight
EXPLAINED_AT_ONCE = 1000


def store(inbound: Inbound) -> None:
    """Keep a job event, once, whether or not we know yet what it is about. One short write."""
    now = clock.utc_now()
    for number, result in enumerate(read_job_event(inbound)):
        msg_id, status, body = "", "", {}
        if isinstance(result, TemplateResult):
            msg_id, status = result.msgid, "success" if result.delivered else result.reason
        elif isinstance(result, MassResult):
            msg_id, status = result.msg_id, "success" if result.succeeded else result.status
            body = asdict(result)
        PlatformEvent.insert(
            created_at=now,
            dedupe_key=f"{inbound.dedupe_key}{f'#{number}' if number else ''}",
            event=inbound.event,
            msg_id=msg_id[:32],
            status=status[:60],
            body=json.dumps(body, ensure_ascii=False),
            received_at=now,
        ).on_conflict_ignore().execute()


def settle(limit: int = 5000) -> int:
    """Settle up to `limit` stored events whose message is known; how many were."""
    settled, after = 0, 0
    while settled < limit:
        wanted = min(BATCH, limit - settled)
        # from where the last batch ended: those that wait for their message are not read again and again
        done, after = _settle_templates(wanted, after)
        settled += done
        if done < wanted:
            break
        time.sleep(ledger.BREATHER_SECONDS)
    return settled + _settle_masses()


def explain_missing() -> int:
    """Say of template messages a day old that their event never came; how many.

    WeChat tells it once and has no way to ask: the message stays accepted, with the reason.
    """
    now = clock.utc_now()
    recent = Campaign.select(Campaign.id).where(Campaign.launched_at > now - LOOKED_BACK)
    late = Delivery.select(Delivery.id).where(
        Delivery.campaign.in_(recent),
        Delivery.status == DeliveryStatus.ACCEPTED,
        Delivery.channel == Channel.TEMPLATE_MESSAGE,
        Delivery.reason == "accepted",
        Delivery.settled_at < now - EVENT_COMES_WITHIN,
    )
    told = 0
    while ids := [row.id for row in late.limit(EXPLAINED_AT_ONCE)]:
        with db.atomic():
            Delivery.update(reason="no_event").where(
                Delivery.id.in_(ids), Delivery.status == DeliveryStatus.ACCEPTED
            ).execute()
        told += len(ids)
        time.sleep(ledger.BREATHER_SECONDS)
    return told


def unmatched() -> int:
    """Events that wait for their message to become known."""
    return int(PlatformEvent.select().where(PlatformEvent.settled_at.is_null()).count())


def give_up(before: datetime) -> int:
    """Put aside what came before a moment and never matched: sends that were not ours; how many."""
    return int(
        PlatformEvent.update(settled_at=clock.utc_now())
        .where(PlatformEvent.settled_at.is_null(), PlatformEvent.received_at < before)
        .execute()
    )


@repeated
def _settle_templates(limit: int, after: int) -> tuple[int, int]:
    with db.atomic():
        return _settled_templates(limit, after)


def _settled_templates(limit: int, after: int) -> tuple[int, int]:
    """How many of the events behind `after` (an id) were settled, and the last of them."""
    now = clock.utc_now()
    rows: list[Any] = list(
        PlatformEvent.select(PlatformEvent.id, PlatformEvent.status, Delivery.id.alias("delivery_id"))
        .join(Delivery, on=(Delivery.msg_id == PlatformEvent.msg_id))
        .where(PlatformEvent.settled_at.is_null(), PlatformEvent.event == TEMPLATE)
        .where(PlatformEvent.id > after)
        .order_by(PlatformEvent.id)
        .limit(limit)
        .tuples()
    )
    by_status: dict[str, list[int]] = {}
    for _, status, delivery_id in rows:
        by_status.setdefault(status, []).append(delivery_id)
    for status, ids in by_status.items():
        if status == "success":
            _set(ids, DeliveryStatus.DELIVERED, "delivered")
        else:
            _refuse_attempts(ids)
            _set(ids, DeliveryStatus.FAILED, status if status in FAILURES else "system_failed")
    events = [event_id for event_id, _, _ in rows]
    if events:
        PlatformEvent.update(settled_at=now).where(PlatformEvent.id.in_(events)).execute()
    return len(rows), events[-1] if events else after


def _set(ids: list[int], status: DeliveryStatus, reason: str) -> None:
    Delivery.update(status=status, reason=reason, settled_at=clock.utc_now()).where(
        Delivery.id.in_(ids), Delivery.status.in_(UNDECIDED)
    ).execute()


def _refuse_attempts(ids: list[int]) -> None:
    """The platform took the message and failed: the attempt did not reach, so a retry may be made."""
    undecided = Delivery.select(Delivery.id).where(Delivery.id.in_(ids), Delivery.status.in_(UNDECIDED))
    Attempt.update(outcome=AttemptOutcome.REFUSED).where(
        Attempt.delivery.in_(undecided),
        Attempt.outcome.in_([AttemptOutcome.ACCEPTED, AttemptOutcome.UNKNOWN]),
    ).execute()


def _settle_masses() -> int:
    now = clock.utc_now()
    rows = list(
        PlatformEvent.select(PlatformEvent, MassBatch.id.alias("batch_id"))
        .join(MassBatch, on=(MassBatch.msg_id == PlatformEvent.msg_id))
        .where(PlatformEvent.settled_at.is_null(), PlatformEvent.event == MASS)
        .order_by(PlatformEvent.id)
        .objects()
    )
    for event in rows:
        told = json.loads(event.body)
        with db.atomic():
            batch = MassBatch.get_by_id(event.batch_id)
            batch.total_count, batch.filter_count = told["total"], told["filtered"]
            batch.sent_count, batch.error_count = told["sent"], told["errors"]
            batch.status = MassBatchStatus.FINISHED
            batch.article_urls = "\n".join(told.get("urls") or ())
            batch.save()
            if not told["succeeded"]:
                mass.fail(batch, told["status"], code=told.get("review_code"))
            PlatformEvent.update(settled_at=now).where(PlatformEvent.id == event.id).execute()
    return len(rows)
