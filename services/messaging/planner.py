"""The planner: for each person one channel, the basis for it, and the reason, by one SQL CASE.

Objective, in order: most people reached by the deadline, fewest mass slots, fewest consents,
fewest calls. Two of the five window messages and one mass slot stay in reserve. A template
message needs a sign-up, or an opt-in with a template worded as that subscription; a survey
invitation answers no act of the member and never takes a template.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from peewee import JOIN, SQL, Case, Expression, ModelSelect, Value, fn

import clock
import config
from models.activities import CONCERNED, ActivityKind, SignUp, SignUpStatus
from models.alliance import MemberUnit
from models.automatic_notices import NEEDS_SIGN_UP
from models.messaging import (
    OPEN_DELIVERY,
    UNDER_WAY,
    Basis,
    Campaign,
    Channel,
    ContentKind,
    Delivery,
    DeliveryStatus,
    TemplateMapping,
)
from models.people import Follower, Person, SubscriptionConsent, Topic, TopicOptIn
from services.messaging import channels, digest_times, mass_targets, quotas

WINDOW_RESERVE = 2
WINDOW_MARGIN = timedelta(minutes=10)
MASS_A_MONTH = 4
MASS_RESERVE = 1
TALKATIVE = timedelta(days=30)
# What other campaigns still plan on these is spent before ours.
SPENDING = (Channel.WINDOW_MESSAGE, Channel.ONE_TIME_SUBSCRIPTION, Channel.DIGEST, Channel.MASS_SEND)
# What counts against the caps per person: it came, may have come, or is about to.
PUSHED = {DeliveryStatus.ACCEPTED, DeliveryStatus.DELIVERED, DeliveryStatus.UNKNOWN} | OPEN_DELIVERY


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many pushes to a person from a moment on, by whichever channel."""

    most: int
    since: datetime
    campaigns: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Policy:
    """All that a plan depends on besides the person: read once, used for every row."""

    campaign: Campaign
    now: datetime
    usable: frozenset[Channel]
    sign_up_mapping: TemplateMapping | None
    opt_in_mapping: TemplateMapping | None
    others_under_way: bool
    mass_month: str = field(default="")
    needs_sign_up: bool = False
    digest_at: datetime | None = None  # the digest that it can wait for
    is_by_tag: bool = False  # a mass call reaches the whole audience: nobody is sent anything else
    caps: tuple[Cap, ...] = ()

    def may(self, channel: Channel) -> bool:
        return channel in self.usable


def policy_for(
    campaign: Campaign, *, without: frozenset[Channel] = frozenset(), at: datetime | None = None
) -> Policy:
    """The policy now, or as it would be `at` a later moment: what the account, the campaign, today's
    quota and the caps per person allow."""
    now = at or clock.utc_now()
    usable = channels.usable(campaign) - quotas.exhausted() - without
    is_by_tag = mass_targets.is_by_tag()
    if is_by_tag:
        usable -= mass_targets.closed_to(campaign)
    sign_up, opt_in = mappings(campaign)
    others = (
        Delivery.select(Delivery.id)
        .join(Campaign)
        .where(
            Campaign.status.in_(UNDER_WAY),
            Delivery.campaign != campaign,
            Delivery.status.in_(OPEN_DELIVERY),
            Delivery.channel.in_(SPENDING),
        )
    )
    return Policy(
        campaign=campaign,
        now=now,
        usable=frozenset(usable),
        sign_up_mapping=sign_up,
        opt_in_mapping=opt_in,
        others_under_way=others.exists(),
        mass_month=clock.to_local(now).strftime("%Y-%m"),
        needs_sign_up=_needs_sign_up(campaign),
        digest_at=digest_times.slot_for(campaign, now) if Channel.DIGEST in usable else None,
        is_by_tag=is_by_tag,
        caps=_caps(campaign, now),
    )


def _caps(campaign: Campaign, now: datetime) -> tuple[Cap, ...]:
    """The caps of the settings that another campaign of late may have used up.

    Automatic notices concern what a person asked for, so they know none.
    """
    if campaign.is_automatic:
        return ()
    settings = config.settings()
    today = clock.start_of_local_day(clock.to_local(now).date())
    found = []
    for most, since, reason in (
        (settings.pushes_a_day, today, "capped_day"),
        (settings.pushes_a_week, today - timedelta(days=6), "capped_week"),
    ):
        lately = Campaign.select(Campaign.id).where(
            Campaign.id != campaign.id,
            Campaign.content_kind != ContentKind.AUTOMATIC_NOTICE,
            Campaign.launched_at.is_null(False),
            Campaign.status.in_(sorted(UNDER_WAY)) | (Campaign.finished_at >= since),
        )
        ids = tuple(row.id for row in lately)
        if most and len(ids) >= most:  # fewer campaigns cannot reach anybody so often
            found.append(Cap(most, since, ids, reason))
    return tuple(found)


def _needs_sign_up(campaign: Campaign) -> bool:
    """Whether it is only for those who are still signed up for its activity."""
    if campaign.is_automatic:
        return campaign.notice is not None and campaign.notice.kind in NEEDS_SIGN_UP
    wanted = (campaign.audience or {}).get("signed_up_for")
    return wanted is not None and wanted == campaign.activity_id


def mappings(campaign: Campaign) -> tuple[TemplateMapping | None, TemplateMapping | None]:
    """The templates for people who signed up and for those who opted in; None where there is none.

    A survey invitation has neither. An automatic notice takes a template of its own, else the one
    for sign-ups of its activity.
    """
    if campaign.is_automatic:
        return _notice_mapping(campaign), None
    if campaign.content_kind is ContentKind.QUESTIONNAIRE:
        return None, None
    active = list(
        TemplateMapping.select()
        .where(TemplateMapping.is_active, TemplateMapping.content_kind == campaign.content_kind)
        .order_by(TemplateMapping.id)
    )
    sign_up = [m for m in active if m.basis is Basis.SIGN_UP and m.topic in (None, campaign.topic)]
    opt_in = [m for m in active if m.basis is Basis.OPT_IN and m.topic is campaign.topic]
    return next(iter(sign_up), None), next(iter(opt_in), None)


def _notice_mapping(campaign: Campaign) -> TemplateMapping | None:
    kinds = [ContentKind.AUTOMATIC_NOTICE]
    topics: list[Topic | None] = [None]
    if campaign.activity is not None:
        is_lecture = campaign.activity.series.kind is ActivityKind.LECTURE
        kinds, topics = [*kinds, ContentKind.ACTIVITY], [None, Topic.LECTURE if is_lecture else Topic.SALON]
    usable = TemplateMapping.select().where(
        TemplateMapping.is_active,
        TemplateMapping.basis == Basis.SIGN_UP,
        TemplateMapping.content_kind.in_(kinds),
    )
    found = [mapping for mapping in usable.order_by(TemplateMapping.id) if mapping.topic in topics]
    return min(found, key=lambda mapping: kinds.index(mapping.content_kind), default=None)


def plan_rows(policy: Policy, *, refused: Expression | None = None) -> ModelSelect[Any]:
    """SELECT person_id, follower_id, basis and the number of the first step that holds.

    `outcome` turns the step into channel, status and reason. `refused` is an expression of
    comma-separated channels not to be planned (a second plan). The caller adds WHERE, ORDER BY
    and LIMIT over Person joined with MemberUnit.
    """
    steps = _steps(policy, refused)
    step = Case(None, [(step.when, number) for number, step in enumerate(steps)], len(steps))
    basis = Case(
        None, [(_signed_up(), Basis.SIGN_UP.value), (_opted_in(), Basis.OPT_IN.value)], Basis.NONE.value
    )
    return _joined(policy).select(
        Person.id.alias("person_id"),
        Follower.id.alias("follower_id"),
        basis.alias("basis"),
        step.alias("step"),
    )


def outcomes(policy: Policy, *, refused: Expression | None = None) -> list[tuple[Channel | None, str]]:
    """Channel (None: skipped) and reason of each step of `plan_rows`, by its number."""
    return [(step.channel, step.reason) for step in _steps(policy, refused)] + [(None, "no_channel")]


def channel_of(step: Any, policy: Policy) -> Any:
    """The channel that a step's number stands for, as SQL; null where no step sends anything."""
    sends = [(n, channel.value) for n, (channel, _) in enumerate(outcomes(policy)) if channel is not None]
    return Case(step, sends) if sends else Value(None)


@dataclass(frozen=True, slots=True)
class Step:
    """When it holds, the channel (None: nothing is sent) and why."""

    when: Any
    channel: Channel | None
    reason: str


def _steps(policy: Policy, refused: Expression | None) -> list[Step]:
    """In order; the first that holds decides."""

    def free(channel: Channel) -> list[Any]:
        return [] if refused is None else [~refused.contains(channel.value)]

    signed_up, opted_in = _signed_up(), _opted_in()
    steps = [
        Step(Follower.id.is_null(), None, "not_bound"),
        Step(~Follower.is_following, None, "unfollowed"),
        Step(TopicOptIn.id.is_null(False) & ~TopicOptIn.is_on & SignUp.id.is_null(), None, "opted_out"),
    ]
    if policy.needs_sign_up:
        steps.append(Step(SignUp.id.is_null(), None, "sign_up_cancelled"))

    def add(channel: Channel, reason: str, *terms: Any) -> None:
        if policy.may(channel):
            condition = None
            for term in [*terms, *free(channel)]:
                condition = term if condition is None else condition & term
            steps.append(Step(SQL("1 = 1") if condition is None else condition, channel, reason))

    if policy.is_by_tag:
        if policy.digest_at is not None:
            add(Channel.DIGEST, "digest")
        add(Channel.MASS_SEND, "mass_by_tag")
    for cap in policy.caps:
        is_capped = SignUp.id.is_null() & (_pushed(cap) >= cap.most)
        add(Channel.RIDER, cap.reason, is_capped)  # what comes with an own message disturbs nobody
        steps.append(Step(is_capped, None, cap.reason))
    add(Channel.WINDOW_MESSAGE, "window_open", *_window_open(policy))
    if policy.sign_up_mapping is not None:
        add(Channel.TEMPLATE_MESSAGE, "signed_up", signed_up)
    if policy.opt_in_mapping is not None:
        add(Channel.TEMPLATE_MESSAGE, "opted_in", opted_in)
    add(Channel.ONE_TIME_SUBSCRIPTION, "one_time_consent", _has_consent(policy))
    for channel, reason, *terms in _mass_ways(policy):
        add(channel, reason, *terms)
    add(Channel.RIDER, "no_other_means")
    return steps


def _mass_ways(policy: Policy) -> list[tuple[Any, ...]]:
    """Channel, reason and terms of mass sends to lists and of the digest."""
    if policy.is_by_tag:
        return []
    received, slots = _mass_received(policy), MASS_A_MONTH - MASS_RESERVE
    ways: list[tuple[Any, ...]] = []
    if policy.digest_at is not None:  # fewest mass slots: one call carries all that can wait
        ways.append((Channel.DIGEST, "digest", received < slots))
        ways.append((Channel.DIGEST, "digest_last", received < MASS_A_MONTH, _silent(policy)))
    ways.append((Channel.MASS_SEND, "mass_slot", _has_slot(policy, received, slots)))
    last = _has_slot(policy, received, MASS_A_MONTH)
    ways.append((Channel.MASS_SEND, "mass_slot_last", last, _silent(policy)))
    return ways


def plan_choices(policy: Policy, *, refused: Expression | None = None) -> ModelSelect[Any]:
    """As `plan_rows`, with all the person might be sent by: `choices` adds up 2 to the power of the
    place of each in `direct`."""
    steps = _steps(policy, refused)
    total: Any = Value(0)
    for place, channel in enumerate(direct(policy)):
        ways = [step.when for step in steps if step.channel is channel]
        total = total + Case(None, [(reduce(or_, ways), 1 << place)], 0)
    return plan_rows(policy, refused=refused).select_extend(total.alias("choices"))


def direct(policy: Policy) -> list[Channel]:
    """The channels that reach a person without a message of the own, the cheapest first."""
    found = dict.fromkeys(step.channel for step in _steps(policy, None))
    return [channel for channel in found if channel not in (None, Channel.RIDER)]


def _joined(policy: Policy) -> ModelSelect[Any]:
    """Person with unit, follower of our app, opt-in of the topic and sign-up."""
    app_id = config.settings().wechat_app_id
    return (
        Person.select()
        .join(MemberUnit)
        .join_from(
            Person, Follower, JOIN.LEFT_OUTER, on=(Follower.person == Person.id) & (Follower.app_id == app_id)
        )
        .join_from(
            Person,
            TopicOptIn,
            JOIN.LEFT_OUTER,
            on=(TopicOptIn.person == Person.id) & (TopicOptIn.topic == policy.campaign.topic),
        )
        .join_from(
            Person,
            SignUp,
            JOIN.LEFT_OUTER,
            on=(SignUp.person == Person.id)
            & (SignUp.activity == (policy.campaign.activity_id or 0))
            & SignUp.status.in_(
                list(CONCERNED) if policy.campaign.is_automatic else [SignUpStatus.SIGNED_UP]
            ),
        )
    )


def _has_consent(policy: Policy) -> Any:
    """An unused one-time subscription; looked up only for those whom no earlier step took.

    One that another campaign is about to use does not count.
    """
    unused = (SubscriptionConsent.follower == Follower.id) & SubscriptionConsent.used_at.is_null()
    if policy.others_under_way:
        number = SubscriptionConsent.select(fn.COUNT(SubscriptionConsent.id)).where(unused)
        return number > _pending(policy, Channel.ONE_TIME_SUBSCRIPTION)
    return fn.EXISTS(SubscriptionConsent.select(SubscriptionConsent.id).where(unused))


def _signed_up() -> Any:
    return SignUp.id.is_null(False)


def _opted_in() -> Any:
    return TopicOptIn.id.is_null(False) & TopicOptIn.is_on


def _window_open(policy: Policy) -> list[Any]:
    """The window stays open for a while, and more messages are left than the reserve."""
    left: Any = Follower.window_left
    if policy.others_under_way:
        left = left - _pending(policy, Channel.WINDOW_MESSAGE)
    return [Follower.window_until > policy.now + WINDOW_MARGIN, left > WINDOW_RESERVE]


def _mass_received(policy: Policy) -> Any:
    """Mass sends of this month, with those that other campaigns still plan."""
    received: Any = Case(None, [(Follower.mass_month == policy.mass_month, Follower.mass_received)], 0)
    if policy.others_under_way:
        received = received + _pending(policy, Channel.MASS_SEND)
    return received


def _has_slot(policy: Policy, received: Any, slots: int) -> Any:
    """Fewer than `slots` mass sends this month; a digest that is awaited takes one, whatever it carries."""
    if not policy.others_under_way:
        return received < slots
    other = Delivery.alias("other")
    awaited = fn.EXISTS(other.select(other.id).where(*_pending_terms(policy, Channel.DIGEST, other)))
    return (received < slots - 1) | ((received < slots) & ~awaited)


def _silent(policy: Policy) -> Any:
    """No message for a month: a rider would hardly reach this person, so the reserve may be used."""
    return Follower.last_message_at.is_null() | (Follower.last_message_at < policy.now - TALKATIVE)


def _pushed(cap: Cap) -> Any:
    """How many of these campaigns went to the person, or are about to; riders and digests count for none."""
    other = Delivery.alias("lately")
    return other.select(fn.COUNT(other.id)).where(
        other.person == Person.id,
        other.campaign.in_(cap.campaigns),
        other.channel.not_in([Channel.RIDER, Channel.DIGEST]),
        other.status.in_(sorted(PUSHED)),
        other.settled_at.is_null() | (other.settled_at >= cap.since),
    )


def _pending(policy: Policy, channel: Channel) -> Any:
    """What other campaigns still plan for this person on this channel."""
    other = Delivery.alias("other")
    return other.select(fn.COUNT(other.id)).where(*_pending_terms(policy, channel, other))


def _pending_terms(policy: Policy, channel: Channel, other: Any) -> list[Any]:
    return [
        other.person == Person.id,
        other.channel == channel,
        other.status.in_(list(OPEN_DELIVERY)),
        other.campaign != policy.campaign.id,
    ]
