"""What a monitor watches: numbers read from the database at the moment of asking.

They are the truth of all processes together, whatever restarted since; no process counts for itself.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from peewee import fn

import clock
from models.inbound import InboundMessage, InboxItem, InboxStatus, PlatformEvent
from models.messaging import UNDER_WAY, Campaign, Delivery
from models.operations import Credential, JobRun, Lease
from services.messaging import quotas

RECENT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Figure:
    """A gauge: its name, what it says, and a value for each set of labels."""

    name: str
    says: str
    label: str
    values: dict[str, float]


def now() -> list[Figure]:
    """All figures. Raises peewee's errors when the database does not answer."""
    since = clock.utc_now() - RECENT
    under_way = Campaign.select(Campaign.id).where(Campaign.status.in_(list(UNDER_WAY)))
    used = quotas.used_today()
    return [
        Figure("campaigns", "Campaigns by status", "status", _by(Campaign.status, Campaign.select())),
        Figure(
            "deliveries",
            "Deliveries of campaigns under way by status",
            "status",
            _by(Delivery.status, Delivery.select().where(Delivery.campaign.in_(under_way))),
        ),
        Figure(
            "inbound_messages_last_hour",
            "Messages and events of the last hour by what became of them",
            "outcome",
            _by(InboundMessage.outcome, InboundMessage.select().where(InboundMessage.received_at >= since)),
        ),
        _one(
            "events_unsettled",
            "Result events whose message is not known yet",
            PlatformEvent.select().where(PlatformEvent.settled_at.is_null()).count(),
        ),
        _one(
            "inbox_open",
            "Inbox items nobody has dealt with",
            InboxItem.select().where(InboxItem.status == InboxStatus.OPEN).count(),
        ),
        _one(
            "jobs_failed_last_hour",
            "Recorded firings of the clock's jobs that ended in an error",
            JobRun.select().where(JobRun.fire_at >= since, JobRun.error != "").count(),
        ),
        _one(
            "clock_lease_seconds",
            "Seconds the leading clock's lease still runs; below zero nobody leads",
            _lease_seconds("clock"),
        ),
        Figure(
            "token_seconds",
            "Seconds until a stored access token ends",
            "app",
            {row.app_id: _seconds_until(row.expires_at) for row in _tokens()},
        ),
        Figure(
            "quota_used",
            "Calls made today by interface",
            "interface",
            {channel.value: float(calls) for channel, (calls, _) in used.items()},
        ),
        Figure(
            "quota_limit",
            "Calls a day by interface",
            "interface",
            {channel.value: float(limit) for channel, (_, limit) in used.items()},
        ),
    ]


def _one(name: str, says: str, value: float) -> Figure:
    return Figure(name, says, "", {"": float(value)})


def _by(column: Any, query: Any) -> dict[str, float]:
    rows: Iterable[Any] = query.select(column, fn.COUNT(1)).group_by(column).tuples()
    return {str(getattr(value, "value", value)): float(count) for value, count in rows}


def _tokens() -> Iterable[Credential]:
    return Credential.select(Credential.app_id, Credential.expires_at).where(
        Credential.kind == "access_token"
    )


def _seconds_until(moment: Any) -> float:
    return float((moment - clock.utc_now()).total_seconds())


def _lease_seconds(name: str) -> float:
    """Leases keep real time, not the sandbox's."""
    row = Lease.get_or_none(Lease.name == name)
    return row.until.replace(tzinfo=UTC).timestamp() - time.time() if row is not None else -1.0
