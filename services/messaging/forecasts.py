"""What a launch would do at a moment, counted by the launch's own SQL, without writing a row."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

import clock
import config
from models.alliance import MemberUnit
from models.messaging import Campaign, Channel
from models.people import Follower, Person
from services.messaging import audiences, budgets, overflow, planner, quiet_hours, quotas
from services.messaging.budgets import Group
from services.messaging.campaigns import deadline

HOUR = timedelta(hours=1)
Way = tuple[Channel | None, str]


@dataclass(frozen=True, slots=True)
class Line:
    """How many would be sent by a channel (None: not at all), and why."""

    channel: Channel | None
    reason: str
    persons: int


@dataclass(frozen=True, slots=True)
class Need:
    """Calls of one interface: what the plan takes of what is left, and what the day has in all."""

    channel: Channel
    needed: int
    used: int
    left: int
    limit: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """The plan of a moment; the lines add up to the audience."""

    at: datetime
    lines: tuple[Line, ...]
    needs: tuple[Need, ...]

    @property
    def total(self) -> int:
        return sum(line.persons for line in self.lines)

    @property
    def unsent(self) -> int:
        return sum(line.persons for line in self.lines if line.channel is None)

    @property
    def riders(self) -> int:
        """Those who get it with the reply to their next message, whenever that comes."""
        return sum(line.persons for line in self.lines if line.channel is Channel.RIDER)

    @property
    def reached(self) -> int:
        return self.total - self.unsent - self.riders


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an hour of waiting costs: windows that will have closed, and every line that changes."""

    until: datetime
    is_quiet: bool
    closing: int
    reached_less: int
    changes: tuple[tuple[Channel | None, str, int, int], ...]


def of(campaign: Campaign, *, at: datetime | None = None) -> Forecast:
    """The plan if the campaign were launched now, or `at` a later moment as far as that can be known.

    Raises Invalid while no audience is chosen.
    """
    audiences.check(campaign)
    at = at or clock.utc_now()
    policy = planner.policy_for(campaign, at=at)
    most = _limits(campaign, at)
    ways = _first_choices(campaign, policy)
    wanted = _by_channel(ways)
    is_single = wanted[Channel.MASS_SEND] == 1 and not policy.is_by_tag
    if is_single or any(wanted[channel] > number for channel, number in most.items()):
        ways = _shared(campaign, policy, most)
    lines = [Line(channel, reason, persons) for (channel, reason), persons in ways.items() if persons]
    lines.sort(key=lambda line: (line.channel is None, line.channel is Channel.RIDER, -line.persons))
    wanted = _by_channel(ways)
    used = quotas.used_today()
    needs = tuple(Need(each, wanted[each], used[each][0], left, used[each][1]) for each, left in most.items())
    return Forecast(at, tuple(lines), needs)


def waiting(campaign: Campaign, now: Forecast) -> Waiting:
    """What changes when the launch waits an hour, or till the morning where that ends in quiet hours."""
    wanted = now.at + HOUR
    until = wanted if campaign.quiet_hours_override else quiet_hours.next_allowed(wanted)
    later = of(campaign, at=until)
    before = {(line.channel, line.reason): line.persons for line in now.lines}
    after = {(line.channel, line.reason): line.persons for line in later.lines}
    changes = tuple(
        (*way, before.get(way, 0), after.get(way, 0))
        for way in {**before, **after}
        if before.get(way, 0) != after.get(way, 0)
    )
    closing = _closing(campaign, now.at, until)
    return Waiting(until, until != wanted, closing, now.reached - later.reached, changes)


def _first_choices(campaign: Campaign, policy: planner.Policy) -> Counter[Way]:
    planned = planner.plan_rows(policy).where(*audiences.meant_by(campaign)).alias("planned")
    query: Any = (
        Person.select(planned.c.step, fn.COUNT(planned.c.person_id))
        .from_(planned)
        .group_by(planned.c.step)
        .tuples()
    )
    outcomes = planner.outcomes(policy)
    found: Counter[Way] = Counter()
    for step, persons in query:
        found[outcomes[step]] += persons
    return found


def _shared(campaign: Campaign, policy: planner.Policy, most: dict[Channel, int]) -> Counter[Way]:
    """The plan after the quotas were shared out, as `overflow` does it to the rows."""
    planned = planner.plan_choices(policy).where(*audiences.meant_by(campaign)).alias("planned")
    query: Any = (
        Person.select(planned.c.step, planned.c.choices, fn.COUNT(planned.c.person_id))
        .from_(planned)
        .group_by(planned.c.step, planned.c.choices)
        .tuples()
    )
    outcomes = planner.outcomes(policy)
    found: Counter[Way] = Counter()
    groups: Counter[Group] = Counter()
    first: dict[Group, Counter[str]] = {}
    for step, choices, persons in query:
        channel, reason = outcomes[step]
        if channel in (None, Channel.RIDER):
            found[channel, reason] += persons
            continue
        group = overflow.group_of(policy, choices)
        groups[group] += persons
        first.setdefault(group, Counter())[reason] += persons
    shares = budgets.shared(groups, most, needs_two=not policy.is_by_tag)
    ends = campaign.deadline_at or deadline(campaign)
    for group, held in shares.items():
        for reason, persons in _staying(first[group], held[group[0]]).items():
            found[group[0], reason] += persons
        for channel, persons in held.items():
            if persons and channel is not group[0]:
                found[_way_of(channel, group, policy, ends)] += persons
    return found


def _staying(reasons: Counter[str], number: int) -> Counter[str]:
    kept: Counter[str] = Counter()
    for reason, persons in reasons.items():
        kept[reason] = min(persons, number)
        number -= kept[reason]
    return kept


def _way_of(channel: Channel | None, group: Group, policy: planner.Policy, ends: datetime | None) -> Way:
    if channel is not None:
        return channel, "quota_overflow"
    if waits := overflow.tomorrow(group, ends):
        return waits, "quota_exhausted"
    return (Channel.RIDER, overflow.why_rider(group)) if policy.may(Channel.RIDER) else (None, "no_quota")


def _by_channel(ways: Counter[Way]) -> Counter[Channel]:
    found: Counter[Channel] = Counter()
    for (channel, reason), persons in ways.items():
        if channel is not None and reason != "quota_exhausted":
            found[channel] += persons
    return found


def _limits(campaign: Campaign, at: datetime) -> dict[Channel, int]:
    """Today's; of a later day the whole quota but the reserve."""
    if clock.to_local(at).date() == clock.local_today():
        return budgets.limits(campaign)
    return budgets.limits_of_a_day(campaign)


def _closing(campaign: Campaign, now: datetime, until: datetime) -> int:
    """Of those meant, whose window is open now and will be too short by then."""
    margin = planner.WINDOW_MARGIN
    query = (
        Person.select()
        .join(MemberUnit)
        .join_from(Person, Follower, on=(Follower.person == Person.id))
        .where(
            *audiences.meant_by(campaign),
            Follower.app_id == config.settings().wechat_app_id,
            Follower.is_following,
            Follower.window_left > 0,
            Follower.window_until > now + margin,
            Follower.window_until <= until + margin,
        )
    )
    return int(query.count())
