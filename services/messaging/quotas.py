"""Calls spent per interface and local day. A budget binds all campaigns together.

The limits are those of a new account (contract §15); the truth is the platform's, which says
45009 when a day is used up: nothing more is then tried until midnight in Shanghai.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import clock
import config
from models.base import db
from models.messaging import Channel, QuotaUse

INTERFACES = {
    Channel.WINDOW_MESSAGE: "message/custom/send",
    Channel.TEMPLATE_MESSAGE: "message/template/send",
    Channel.ONE_TIME_SUBSCRIPTION: "message/template/subscribe",
    Channel.MASS_SEND: "message/mass/send",
}
DAILY_LIMITS = {
    Channel.WINDOW_MESSAGE: 500_000,
    Channel.TEMPLATE_MESSAGE: 100_000,
    Channel.ONE_TIME_SUBSCRIPTION: 100_000,
    Channel.MASS_SEND: 100,
}


MASS_BY_TAG_A_DAY = 1  # of a subscription account


def limit(channel: Channel) -> int:
    """Calls a day that this kind of account has."""
    if channel is Channel.MASS_SEND and config.settings().wechat_account_kind == "subscription":
        return MASS_BY_TAG_A_DAY
    return DAILY_LIMITS[channel]


def spend(channel: Channel, calls: int) -> None:
    """Count calls that were made today."""
    if calls <= 0:
        return
    row = _row(channel)
    QuotaUse.update(used=QuotaUse.used + calls).where(*row).execute()


def exhaust(channel: Channel) -> None:
    """The platform said 45009: nothing is left today."""
    QuotaUse.update(exhausted_at=clock.utc_now()).where(*_row(channel)).execute()


def left(channel: Channel) -> int:
    """Calls still free today; 0 once the platform refused for the day."""
    today = clock.local_today()
    used = QuotaUse.get_or_none(QuotaUse.interface == INTERFACES[channel], QuotaUse.day == today)
    if used is None:
        return limit(channel)
    return 0 if used.exhausted_at is not None else max(0, limit(channel) - used.used)


def exhausted() -> set[Channel]:
    """Channels whose interface refused for today."""
    spent = QuotaUse.select(QuotaUse.interface).where(
        QuotaUse.day == clock.local_today(), QuotaUse.exhausted_at.is_null(False)
    )
    names = {row.interface for row in spent}
    return {channel for channel, interface in INTERFACES.items() if interface in names}


def renewed_at() -> datetime:
    """The next midnight in Shanghai, when quotas are whole again; naive UTC."""
    return clock.start_of_local_day(clock.local_today() + timedelta(days=1))


def used_today() -> dict[Channel, tuple[int, int]]:
    """Calls used and the limit, by channel, for the operator's screen."""
    rows = {row.interface: row.used for row in QuotaUse.select().where(QuotaUse.day == clock.local_today())}
    return {channel: (rows.get(name, 0), limit(channel)) for channel, name in INTERFACES.items()}


def _row(channel: Channel) -> tuple[object, object]:
    interface, day = INTERFACES[channel], clock.local_today()
    with db.atomic():
        row = QuotaUse.insert(interface=interface, day=day, created_at=clock.utc_now())
        row.on_conflict_ignore().execute()
    return QuotaUse.interface == interface, QuotaUse.day == day
