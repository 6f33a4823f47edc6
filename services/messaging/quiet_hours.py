"""Quiet hours: nothing is sent of our own accord from 21:00 to 08:00, unless a reason is given."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import clock

BEGINS = time(21, 0)
ENDS = time(8, 0)


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
