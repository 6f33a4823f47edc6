"""The pace of each interface as the workers keep it, and the platform's count: for the operator's screen."""

from __future__ import annotations

import logging
import os
import socket
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import clock
from models.base import db, repeated
from models.messaging import Channel
from models.sending import PlatformQuota, SendPace
from services.messaging import quotas, reasons
from wechat.errors import WeChatError
from wechat.gateway import Gateway
from wechat.pace import PaceNow

log = logging.getLogger(__name__)

API = "/cgi-bin/"
KEEP_EVERY_SECONDS = 2.0
SHOWN_FOR = timedelta(minutes=2)
FORGOTTEN_AFTER = timedelta(hours=1)
_kept_at = 0.0


@dataclass(frozen=True, slots=True)
class ChannelPace:
    """All workers together on one channel's interface."""

    channel: Channel
    connections: int
    ceiling: int
    per_second: float
    latency_ms: int
    why: str
    slowed_at: datetime | None


def keep(wechat: Gateway) -> None:
    """Write this worker's paces down, not more often than every two seconds."""
    global _kept_at
    if time.monotonic() - _kept_at < KEEP_EVERY_SECONDS:
        return
    _kept_at = time.monotonic()
    _write(wechat.paces.now())


@repeated
def _write(paces: dict[str, PaceNow]) -> None:
    now, worker = clock.utc_now(), f"{socket.gethostname()[:40]}-{os.getpid()}"
    with db.atomic():
        SendPace.delete().where(SendPace.seen_at < now - FORGOTTEN_AFTER).execute()
        for path, pace in paces.items():
            slowed = None if pace.slowed_ago is None else now - timedelta(seconds=pace.slowed_ago)
            told = {
                "connections": pace.connections,
                "ceiling": pace.ceiling,
                "per_second": pace.per_second,
                "latency_ms": round(pace.latency_seconds * 1000),
                "why": pace.why,
                "slowed_at": slowed,
                "seen_at": now,
            }
            row = {"interface": path.removeprefix(API), "worker": worker, "created_at": now}
            SendPace.insert(**row, **told).on_conflict(
                conflict_target=[SendPace.interface, SendPace.worker], update=told
            ).execute()


def shown() -> list[ChannelPace]:
    """The paces of the workers that sent of late, by channel."""
    rows: dict[str, list[SendPace]] = {}
    for row in SendPace.select().where(SendPace.seen_at > clock.utc_now() - SHOWN_FOR):
        rows.setdefault(row.interface, []).append(row)
    return [
        _together(channel, rows[interface])
        for channel, interface in quotas.INTERFACES.items()
        if interface in rows
    ]


def _together(channel: Channel, rows: list[SendPace]) -> ChannelPace:
    cuts = sorted((row.slowed_at, row.why) for row in rows if row.slowed_at is not None)
    slowed_at, why = cuts[-1] if cuts else (None, "")
    return ChannelPace(
        channel,
        connections=sum(row.connections for row in rows),
        ceiling=sum(row.ceiling for row in rows),
        per_second=sum(row.per_second for row in rows),
        latency_ms=max(row.latency_ms for row in rows),
        why=why,
        slowed_at=slowed_at,
    )


def ask_platform(*, wechat: Gateway) -> int:
    """Ask the platform for its own count of today's calls on each interface; how many it told.

    An account that may not ask is told so in words; nothing else depends on it.
    """
    answered = 0
    for interface in quotas.INTERFACES.values():
        told: dict[str, object] = {"refusal": ""}
        try:
            quota = wechat.quota(f"{API}{interface}")
            told |= {"daily_limit": quota.daily_limit, "used": quota.used, "remain": quota.remain}
            answered += 1
        except WeChatError as error:
            log.warning("quota of %s: %s", interface, error)
            told["refusal"] = (reasons.words(f"e{error.errcode}") if error.errcode else "微信没有答复")[:120]
        _keep_told(interface, told)
    return answered


def _keep_told(interface: str, told: dict[str, object]) -> None:
    now = clock.utc_now()
    told = told | {"asked_at": now}
    row = {"interface": interface, "day": clock.local_today(), "created_at": now}
    PlatformQuota.insert(**row, **told).on_conflict(
        conflict_target=[PlatformQuota.interface, PlatformQuota.day], update=told
    ).execute()


def platform_counts() -> dict[Channel, PlatformQuota]:
    """What the platform said of today, by channel; a channel it was not asked for is left out."""
    rows = {
        row.interface: row for row in PlatformQuota.select().where(PlatformQuota.day == clock.local_today())
    }
    return {channel: rows[name] for channel, name in quotas.INTERFACES.items() if name in rows}


def forget(before: datetime) -> int:
    """Drop counts of days long past; how many."""
    return int(PlatformQuota.delete().where(PlatformQuota.asked_at < before).execute())
