"""Launch: the audience is frozen into one delivery per person and planned, in resumable chunks.

A transaction takes the next persons by id and moves `launch_cursor` with them: a kill between
two of them loses nothing and doubles nothing, and whoever comes next goes on from the cursor.
"""

from __future__ import annotations

import time
from typing import Any

from peewee import Case, ModelSelect, Value, fn

import clock
from models.alliance import MemberUnit
from models.base import db
from models.messaging import Campaign, CampaignStatus, Channel, Delivery, DeliveryStatus
from models.people import Person
from services import leases, stopping
from services.messaging import (
    article_pictures,
    audiences,
    campaigns,
    channels,
    contents,
    digest_batches,
    digest_times,
    mass,
    mass_targets,
    overflow,
    planner,
    quiet_hours,
    template_checks,
)
from services.messaging.states import move

CHUNK = 500  # deliveries per queue task
STEP = 20_000  # persons per transaction
BREATHER_SECONDS = 0.02
LEASE_SECONDS = 60.0


def due() -> list[int]:
    """Campaigns whose time has come, and those whose launch was interrupted.

    In the quiet hours only those with a reason to override them.
    """
    now = clock.utc_now()
    starting = (Campaign.status == CampaignStatus.SCHEDULED) & (Campaign.scheduled_at <= now)
    query = Campaign.select(Campaign.id).where(starting | (Campaign.status == CampaignStatus.LAUNCHING))
    if quiet_hours.is_quiet(now):
        query = query.where(Campaign.quiet_hours_override != "")
    return [row.id for row in query.order_by(Campaign.scheduled_at, Campaign.id)]


def launch_due() -> list[int]:
    """Launch all that is due, here and now; the campaigns that were launched to the end."""
    return [campaign_id for campaign_id in due() if launch(campaign_id)]


def launch(campaign_id: int) -> bool:
    """Freeze and plan one campaign to the end, from wherever an earlier try stopped.

    False when another process launches it, it is not due, this process is to end, or its content
    may no longer go out (it then goes back to draft with the reason).
    """
    with leases.held(f"launch:{campaign_id}", seconds=LEASE_SECONDS) as lease:
        if lease is None:
            return False
        campaign = Campaign.get_or_none(Campaign.id == campaign_id)
        if campaign is None or not _started(campaign):
            return False
        is_more = not campaign.is_digest  # a digest goes to those whom its items left to it
        while is_more:
            is_more = freeze_step(campaign)
            if stopping.is_asked():
                return False  # another goes on from the cursor
            leases.renew(lease, seconds=LEASE_SECONDS)
            if is_more:
                time.sleep(BREATHER_SECONDS)  # SQLite waits unfairly: let a callback in
        if campaign.is_digest:
            digest_batches.make(campaign)
        else:
            overflow.keep_budgets(campaign)
            mass.make_batches(campaign)
        with db.atomic():
            move(campaign, CampaignStatus.SENDING, actor=None, by_machine=True)
            campaigns.pause_if_changed(Campaign.get_by_id(campaign.id))
    return True


def _started(campaign: Campaign) -> bool:
    """Move a due campaign to launching; True when it is, or was, launching."""
    if campaign.status is CampaignStatus.LAUNCHING:
        return True
    now = clock.utc_now()
    if campaign.status is not CampaignStatus.SCHEDULED or not campaign.scheduled_at:
        return False
    if campaign.scheduled_at > now or (quiet_hours.is_quiet(now) and not campaign.quiet_hours_override):
        return False
    if contents.content_hash(campaign) != campaign.content_hash:
        campaigns.void_content_change(campaign)
        return False
    if why := article_pictures.why_not_licensed(campaign):
        campaigns.void(campaign, why)
        return False
    if why := contents.why_not_sendable(campaign):
        if campaign.is_digest:  # one item that is gone must not take the others along
            campaigns.void(campaign, why)
            return False
        with db.atomic():
            move(campaign, CampaignStatus.CANCELLED, actor=None, by_machine=True, reason=why)
        return False
    if why := template_checks.problem(campaign):  # the template was changed since: nobody is sent rubbish
        with db.atomic():
            move(
                campaign, CampaignStatus.APPROVED, actor=None, by_machine=True, reason=why, scheduled_at=None
            )
        return False
    with db.atomic():
        move(
            campaign,
            CampaignStatus.LAUNCHING,
            actor=None,
            by_machine=True,
            launched_at=now,
            deadline_at=max(campaigns.deadline(campaign), now),
        )
    _hold_slot(campaign)
    return True


def _hold_slot(campaign: Campaign) -> None:
    """Take the day's one mass call before the planner counts on it, where the account has but one."""
    if not mass_targets.is_by_tag() or Channel.MASS_SEND not in channels.usable(campaign):
        return
    if digest_times.slot_for(campaign, clock.utc_now()) is None and mass_targets.is_free_for(campaign):
        mass_targets.hold_slot(campaign)


def freeze_step(campaign: Campaign, *, step: int = STEP) -> bool:
    """One transaction: freeze and plan the next `step` persons. False when none are left after them.

    One INSERT … SELECT; the cursor moves in the same transaction, and only from where it was.
    """
    where = audiences.meant_by(campaign)
    with db.atomic():
        policy = planner.policy_for(campaign)
        last, count = _last_of_step(campaign, where, step)
        if last is None:
            return False
        moved = (
            Campaign.update(launch_cursor=last)
            .where(
                Campaign.id == campaign.id,
                Campaign.launch_cursor == campaign.launch_cursor,
                Campaign.status == CampaignStatus.LAUNCHING,
            )
            .execute()
        )
        if not moved:
            raise RuntimeError(f"campaign {campaign.id}: another process launches it, or it was cancelled")
        rows = planner.plan_rows(policy).where(*where, Person.id > campaign.launch_cursor, Person.id <= last)
        _insert(campaign, policy, rows)
    campaign.launch_cursor = last
    return count == step


def _last_of_step(campaign: Campaign, where: list[Any], step: int) -> tuple[int | None, int]:
    """The last of the next persons, at most `step`, and how many they are."""
    ahead = (
        Person.select(Person.id)
        .join(MemberUnit)
        .where(*where, Person.id > campaign.launch_cursor)
        .order_by(Person.id)
        .limit(step)
        .alias("ahead")
    )
    found: Any = Person.select(fn.MAX(ahead.c.id), fn.COUNT(ahead.c.id)).from_(ahead).tuples()
    last, count = found.get()
    return last, count


def _insert(campaign: Campaign, policy: planner.Policy, rows: ModelSelect[Any]) -> None:
    """Chunk numbers go on from the last frozen person's."""
    last = Delivery.get_or_none(Delivery.campaign == campaign, Delivery.person == campaign.launch_cursor)
    first_chunk = 0 if last is None else last.chunk + 1
    planned = rows.alias("planned")
    found = list(enumerate(planner.outcomes(policy)))
    sent = [number for number, (channel, _) in found if channel is not None]
    is_sent = planned.c.step.in_(sent)
    values = {
        Delivery.created_at: Value(policy.now),
        Delivery.campaign: Value(campaign.id),
        Delivery.person: planned.c.person_id,
        Delivery.follower: planned.c.follower_id,
        # numbering also keeps SQLite from evaluating the plan once per column
        Delivery.chunk: (fn.ROW_NUMBER().over(order_by=[planned.c.person_id]) - 1) / CHUNK + first_chunk,
        Delivery.channel: planner.channel_of(planned.c.step, policy),
        Delivery.basis: planned.c.basis,
        Delivery.status: Case(None, [(is_sent, DeliveryStatus.PLANNED.value)], DeliveryStatus.SKIPPED.value),
        Delivery.reason: Case(planned.c.step, [(n, reason) for n, (_, reason) in found], ""),
        Delivery.refused_channels: Value(""),
        Delivery.settled_at: Case(None, [(is_sent, None)], policy.now),
    }
    query = Delivery.select(*values.values()).from_(planned)
    Delivery.insert_from(query, list(values)).as_rowcount().execute()
