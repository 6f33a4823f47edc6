"""The whole timetable. Each job asks the database what is due: a missed beat or a second run
changes nothing, and "send on Friday at nine" is a column, not a timer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

import clock
from jobs import tasks
from jobs.queue import queue
from models.messaging import UNDER_WAY, Campaign
from models.operations import JobRun
from services import (
    binding_requests,
    complaints,
    follower_tags,
    inbound,
    kept_forms,
    member_links,
    mini_reminders,
    mini_sessions,
    staff_replies,
    unionids,
)
from services.activities import feedback, hosts, invitations, reminders, waiting
from services.messaging import (
    campaigns,
    deliveries,
    digests,
    events,
    launch,
    mass,
    mass_sending,
    paces,
    phone_reviews,
    results,
    riders,
    sending_pauses,
    series,
)
from services.surveys import awaited_pictures, fieldwork, half_yearly, questionnaires, themes

RAW_MESSAGES_KEPT = timedelta(days=30)
ANONYMOUS_TURNS_KEPT = timedelta(days=1)
USED_LINKS_KEPT = timedelta(days=1)
UNMATCHED_EVENTS_KEPT = timedelta(days=3)
RUNS_KEPT = timedelta(days=7)
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def every(seconds: int) -> IntervalTrigger:
    """Aligned, so that two clocks mean the same moments."""
    return IntervalTrigger(seconds=seconds, start_date=EPOCH, timezone=UTC)


def daily(hour: int, minute: int) -> CronTrigger:
    """At a time of day in the alliance's zone."""
    return CronTrigger(hour=hour, minute=minute, timezone=clock.zone())


def poke_launches() -> None:
    """Poke the launch of every campaign that is due."""
    for campaign_id in launch.due():
        queue().poke(tasks.launch_campaign, campaign_id)


def poke_deliveries() -> None:
    """Poke the batches and chunks that may be sent now, as many as the queue has room for."""
    for batch_id in mass_sending.due_batches():
        queue().poke(tasks.send_mass_batch, batch_id)
    room = queue().room()
    if room:
        for campaign_id, chunk in deliveries.due_chunks(room):
            queue().poke(tasks.send_chunk, campaign_id, chunk)


def poke_events() -> None:
    """Poke the settling of job events, when some wait for it."""
    if events.unmatched():
        queue().poke(tasks.settle_events)


def poke_templates() -> None:
    """Poke the nightly look at the account's template library."""
    queue().poke(tasks.sync_templates)


def poll_mass() -> None:
    """Poke the asking after mass sends whose event is late."""
    queue().poke(tasks.poll_mass_batches)


def poke_quotas() -> None:
    """Poke the asking for the platform's own count of calls, while campaigns are sent."""
    if Campaign.select().where(Campaign.status.in_(list(UNDER_WAY))).exists():
        queue().poke(tasks.ask_quotas)


def poke_mini_reminders() -> None:
    """Poke the sending of reminders in the mini program, when some are due."""
    mini_reminders.free_expired()
    if mini_reminders.is_any_due():
        queue().poke(tasks.send_mini_reminders)


def poke_unionids() -> None:
    """Poke the night's asking who is whom across our apps."""
    queue().poke(tasks.ask_unionids)


def poke_recent_unionids() -> None:
    """Poke the asking about who was bound, or followed, of late, where there is somebody to ask about."""
    if unionids.anybody_recent():
        queue().poke(tasks.ask_recent_unionids)


def poke_tags() -> None:
    """Poke the night's work on follower tags."""
    queue().poke(tasks.sync_tags)


def poke_recent_tags() -> None:
    """Poke the tags of who was bound of late, when some differ."""
    if follower_tags.anybody_recent():
        queue().poke(tasks.sync_recent_tags)


def poke_survey_pictures() -> None:
    """Poke the fetching of pictures sent as answers, when some wait for it."""
    if awaited_pictures.is_any_due():
        queue().poke(tasks.fetch_survey_pictures)


def poke_themes() -> None:
    """Poke the sorting of words given in surveys, when some wait for it."""
    for run_id in themes.due():
        queue().poke(tasks.sort_themes, run_id)


def forget_old() -> None:
    """Drop what is kept for a while only: raw messages, anonymous turns, used links, what was given for
    bindings that came to nothing, forms kept over a sign-in, records of firings."""
    now = clock.utc_now()
    inbound.forget_raw(now - RAW_MESSAGES_KEPT)
    inbound.forget_turns(now - ANONYMOUS_TURNS_KEPT)
    member_links.forget_used(now - USED_LINKS_KEPT)
    binding_requests.forget_old(now)
    kept_forms.forget_old(now)
    mini_sessions.forget_old()
    events.give_up(now - UNMATCHED_EVENTS_KEPT)
    complaints.forget_old(now)
    paces.forget(now - RUNS_KEPT)
    JobRun.delete().where(JobRun.fire_at < now - RUNS_KEPT).execute()


@dataclass(frozen=True, slots=True)
class Job:
    """`is_recorded`: each firing is a row, so that two clocks cannot fire it twice.

    The jobs of every few seconds are not: they only find what is due, and running one twice
    changes nothing.
    """

    name: str
    act: Callable[[], object]
    trigger: BaseTrigger
    is_recorded: bool = True


JOBS = (
    Job("campaigns.launch_due", poke_launches, every(5), is_recorded=False),
    Job("series.fire_due", series.fire_due, every(10), is_recorded=False),
    Job("deliveries.poke_due", poke_deliveries, every(2), is_recorded=False),
    Job("events.settle", poke_events, every(2), is_recorded=False),
    Job("mass.gather", mass.gather, every(10), is_recorded=False),
    Job("digests.prepare", digests.prepare_due, every(60)),
    Job("digests.release_missed", digests.release_missed, every(60)),
    Job("campaigns.finish_done", results.finish_done, every(5), is_recorded=False),
    Job("quotas.ask", poke_quotas, every(1800)),
    Job("reviews.ask", phone_reviews.ask_due, every(30), is_recorded=False),
    Job("sending.watch", sending_pauses.watch, every(10), is_recorded=False),
    Job("deliveries.free_expired", deliveries.free_expired, every(60)),
    Job("mass.free_expired", mass_sending.free_expired, every(60)),
    Job("mass.poll_unfinished", poll_mass, every(600)),
    Job("riders.expire", riders.expire, every(60)),
    Job("campaigns.tidy_cancelled", campaigns.tidy_cancelled, every(60)),
    Job("follower_tags.sync", poke_tags, daily(3, 40)),
    Job("follower_tags.sync_recent", poke_recent_tags, every(300)),
    Job("staff_replies.free_expired", staff_replies.free_expired, every(60)),
    Job("complaints.close_settled", complaints.close_settled, daily(3, 30)),
    Job("questionnaires.close_due", questionnaires.close_due, every(60)),
    Job("fieldwork.remind_due", fieldwork.remind_due, every(300)),
    Job("survey_series.open_due", half_yearly.open_due, every(600)),
    Job("activities.fill_waiting", waiting.fill_due, every(60)),
    Job("activities.remind", reminders.remind_due, every(60)),
    Job("activities.remind_hosts", hosts.remind_due, daily(16, 0)),
    Job("activities.remind_units", invitations.remind_due, every(600)),
    Job("activities.ask_feedback", feedback.ask_due, daily(10, 0)),
    Job("events.explain_missing", events.explain_missing, daily(4, 20)),
    Job("templates.sync", poke_templates, daily(2, 40)),
    Job("mini_reminders.poke_due", poke_mini_reminders, every(60), is_recorded=False),
    Job("survey_pictures.poke_due", poke_survey_pictures, every(30), is_recorded=False),
    Job("themes.poke_due", poke_themes, every(10), is_recorded=False),
    Job("operations.forget_old", forget_old, daily(3, 10)),
    Job("unionids.ask_recent", poke_recent_unionids, every(120)),
    Job("unionids.ask", poke_unionids, daily(3, 40)),
)
