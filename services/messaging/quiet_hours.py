"""Quiet hours: nothing is sent of our own accord from 21:00 to 08:00, unless a reason is given."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import clock

BEGINS = time(21, 0)
ENDS = time(8, 0)
EVENING = time(20, 0)  # when a reminder comes instead that would come in the night
LEAST_NOTICE = timedelta(minutes=30)


def is_quiet(moment: datetime) -> bool:
    """Whether a (naive UTC) moment lies in the quiet hours of Asia/Shanghai."""
    shown = clock.to_local(moment).time()
    return shown >= BEGINS or shown < ENDS


def next_allowed(moment: datetime) -> datetime:
    """The moment itself, or the next 08:00 when it is quiet; naive UTC."""
    if not is_quiet(moment):
        return moment
    local = clock.to_local(moment).replace(tzinfo=None)
    morning = datetime.combine(local.date(), ENDS)
    return clock.from_local(morning if local.time() < ENDS else morning + timedelta(days=1))


def moment_before(occasion: datetime, ahead: timedelta) -> datetime:
    """When to remind of an occasion so long `ahead`, never in the quiet hours; naive UTC.

    The moment itself; in the quiet hours their end, if that leaves half an hour, else 20:00 before.
    """
    wanted = occasion - ahead
    morning = next_allowed(wanted)
    if morning <= occasion - LEAST_NOTICE:
        return morning
    local = clock.to_local(wanted).replace(tzinfo=None)
    day = local.date() - timedelta(days=local.time() < EVENING)
    return clock.from_local(datetime.combine(day, EVENING))
