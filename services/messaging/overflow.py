"""Where more is planned than today's quota carries: who stays, who takes another channel, who waits.

Those stay on a window message whose windows close first. Who finds no other place waits for
tomorrow's quota where the deadline lets that, else rides on the reply to an own message.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime
from typing import Any

from peewee import Value, fn

import clock
from models.base import db, repeated
from models.messaging import Campaign, Channel, Delivery, DeliveryStatus
from models.people import Follower, Person
from services.messaging import budgets, mass_targets, planner, quiet_hours, quotas
from services.messaging.budgets import Group

BATCH = 2000
BREATHER_SECONDS = 0.02
CAN_WAIT = (Channel.TEMPLATE_MESSAGE, Channel.ONE_TIME_SUBSCRIPTION)


def keep_budgets(campaign: Campaign) -> int:
    """Plan again what today's quota cannot carry; how many deliveries were moved.

    Nothing is asked but the counts when all of it fits.
    """
    planned = _planned(campaign)
    most = budgets.limits(campaign)
    is_single = planned[Channel.MASS_SEND] == 1 and not mass_targets.is_by_tag()
    if not is_single and all(planned[channel] <= number for channel, number in most.items()):
        return 0
    policy = planner.policy_for(campaign)
    moved = 0
    for group, held in budgets.shared(
        _groups(campaign, policy), most, needs_two=not policy.is_by_tag
    ).items():
        moved += _move(campaign, policy, group, held)
    return moved


def group_of(policy: planner.Policy, choices: int) -> Group:
    """The channels that `choices` of the planner adds up."""
    return tuple(each for place, each in enumerate(planner.direct(policy)) if choices >> place & 1)


def _planned(campaign: Campaign) -> Counter[Channel]:
    rows: Any = (
        Delivery.select(Delivery.channel, fn.COUNT(Delivery.id))
        .where(Delivery.campaign == campaign, Delivery.status == DeliveryStatus.PLANNED)
        .group_by(Delivery.channel)
        .tuples()
    )
    return Counter(dict(rows))


def _choices(campaign: Campaign, policy: planner.Policy) -> Any:
    """Delivery and choices of all that is planned directly."""
    again = Delivery.alias("again")
    return (
        planner.plan_choices(policy, refused=again.refused_channels)
        .select_extend(again.id.alias("delivery_id"), again.channel.alias("present"))
        .join_from(Person, again, on=(again.person == Person.id) & (again.campaign == campaign.id))
        .where(again.status == DeliveryStatus.PLANNED, again.channel != Channel.RIDER)
        .alias("planned")
    )


def _groups(campaign: Campaign, policy: planner.Policy) -> dict[Group, int]:
    rows = _choices(campaign, policy)
    query: Any = (
        Delivery.select(rows.c.choices, fn.COUNT(rows.c.delivery_id))
        .from_(rows)
        .group_by(rows.c.choices)
        .tuples()
    )
    return {group_of(policy, choices): number for choices, number in query}


def _move(campaign: Campaign, policy: planner.Policy, group: Group, held: Counter[Channel | None]) -> int:
    """Bring the deliveries of one group to their shares; how many changed their channel."""
    if not group:
        return 0
    present = group[0]
    leaving = sum(number for channel, number in held.items() if channel is not present)
    if not leaving:
        return 0
    ids = _last(campaign, policy, group, leaving)
    start = 0
    for channel, number in held.items():
        if channel is present or not number:
            continue
        these, start = ids[start : start + number], start + number
        _put(campaign, these, channel, policy, group)
    return leaving


def _last(campaign: Campaign, policy: planner.Policy, group: Group, number: int) -> list[int]:
    """The deliveries of a group that leave their channel: windows about to close stay."""
    rows = _choices(campaign, policy)
    wanted = sum(1 << place for place, each in enumerate(planner.direct(policy)) if each in group)
    query: Any = (
        Delivery.select(Delivery.id)
        .join(rows, on=rows.c.delivery_id == Delivery.id)
        .switch(Delivery)
        .join(Follower, on=Delivery.follower == Follower.id)
        .where(rows.c.choices == wanted, Delivery.channel == group[0])
        .order_by(Follower.window_until.desc(), Delivery.id.desc())
        .limit(number)
    )
    return [row_id for (row_id,) in query.tuples()]


def _put(
    campaign: Campaign, ids: list[int], channel: Channel | None, policy: planner.Policy, group: Group
) -> None:
    present = group[0]
    if channel is not None:
        values: dict[str, Any] = {"channel": channel, "reason": "quota_overflow"}
    elif waits := tomorrow(group, campaign.deadline_at):
        _set(ids, present, {"channel": waits, "reason": "quota_exhausted", "not_before": quotas.renewed_at()})
        return
    elif policy.may(Channel.RIDER):
        values = {"channel": Channel.RIDER, "reason": why_rider(group)}
    else:
        now = clock.utc_now()
        values = {"channel": None, "status": DeliveryStatus.SKIPPED, "reason": "no_quota", "settled_at": now}
    _set(ids, present, values, refuses=True)


def why_rider(group: Group) -> str:
    """Why one of the group found no place: a mass list of one does not go, the others' quota is used up."""
    return "single_of_mass" if group[0] is Channel.MASS_SEND else "quota_overflow"


def tomorrow(group: Group, deadline_at: datetime | None) -> Channel | None:
    """The channel to wait for, when tomorrow's quota comes before the deadline."""
    morning = quiet_hours.next_allowed(quotas.renewed_at())
    if deadline_at is None or deadline_at <= morning:
        return None
    return next((channel for channel in CAN_WAIT if channel in group), None)


def _set(ids: list[int], present: Channel, values: dict[str, Any], *, refuses: bool = False) -> None:
    if refuses:
        values = values | {"refused_channels": Delivery.refused_channels.concat(Value(f"{present.value},"))}
    for start in range(0, len(ids), BATCH):
        if start:
            time.sleep(BREATHER_SECONDS)
        _set_some(ids[start : start + BATCH], values)


@repeated
def _set_some(ids: list[int], values: dict[str, Any]) -> None:
    with db.atomic():
        Delivery.update(**values).where(
            Delivery.id.in_(ids), Delivery.status == DeliveryStatus.PLANNED
        ).execute()
