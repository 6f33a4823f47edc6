"""The queue's tasks: pokes that carry ids and call one act. Losing one costs seconds, never a message."""

from __future__ import annotations

from collections.abc import Callable

from models.base import db
from services import follower_tags, leases, mini_reminders, unionids, wechat_account
from services.messaging import deliveries, events, launch, mass_sending, paces, template_library
from services.surveys import awaited_pictures, themes
from wechat.capabilities import Capability

SETTLE_LEASE_SECONDS = 60.0


def launch_campaign(campaign_id: int) -> None:
    """Freeze and plan one campaign that is due."""
    launch.launch(campaign_id)


def send_chunk(campaign_id: int, chunk: int) -> None:
    """Send what is planned in one chunk."""
    gateway = wechat_account.gateway()
    deliveries.send_chunk(campaign_id, chunk, wechat=gateway)
    paces.keep(gateway)


def send_mass_batch(batch_id: int) -> None:
    """Make one mass call."""
    mass_sending.send_mass_batch(batch_id, wechat=wechat_account.gateway())


def poll_mass_batches() -> None:
    """Ask for the mass sends whose event did not come."""
    mass_sending.poll_unfinished(wechat=wechat_account.gateway())


def ask_unionids() -> None:
    """Learn who the members are across our apps."""
    unionids.ask(wechat=wechat_account.gateway())


def ask_recent_unionids() -> None:
    """Learn who was bound, or followed, of late is across our apps."""
    unionids.ask_recent(wechat=wechat_account.gateway())


def sync_tags() -> None:
    """Bring all follower tags in step."""
    follower_tags.sync(wechat=wechat_account.gateway())


def sync_recent_tags() -> None:
    """The role tags of who was bound or unbound of late."""
    follower_tags.sync_recent(wechat=wechat_account.gateway())


def settle_events() -> None:
    """Settle what WeChat reported; one worker at a time."""
    with leases.held("events.settle", seconds=SETTLE_LEASE_SECONDS) as lease:
        if lease is not None:
            events.settle()


def sync_templates() -> None:
    """Look at the account's template library; one worker at a time."""
    with leases.held("templates.sync", seconds=SETTLE_LEASE_SECONDS) as lease:
        gateway = wechat_account.gateway()
        if lease is not None and gateway.capabilities.allows(Capability.TEMPLATE_MESSAGE):
            template_library.sync(wechat=gateway)


def ask_quotas() -> None:
    """Ask the platform for its own count of today's calls."""
    paces.ask_platform(wechat=wechat_account.gateway())


def send_mini_reminders() -> None:
    """Send the reminders that members asked for in the mini program."""
    mini_reminders.send_due()


def sort_themes(run_id: int) -> None:
    """Sort the words given to one question of a survey."""
    themes.work(run_id)


def fetch_survey_pictures() -> None:
    """Fetch the pictures that members sent as answers."""
    awaited_pictures.fetch_due()


# Each with its priority: what settles or begins goes before what sends.
ALL: dict[Callable[..., None], int] = {
    launch_campaign: 30,
    send_mini_reminders: 12,
    settle_events: 20,
    send_mass_batch: 15,
    poll_mass_batches: 5,
    sync_recent_tags: 4,
    sync_tags: 3,
    ask_recent_unionids: 6,
    ask_unionids: 2,
    sort_themes: 2,
    fetch_survey_pictures: 4,
    sync_templates: 1,
    ask_quotas: 1,
    send_chunk: 10,
}


def connected(act: Callable[..., None]) -> Callable[..., None]:
    """The act with a database connection of its own, where this thread has none."""

    def run(*ids: int) -> None:
        if not db.is_closed():
            act(*ids)
            return
        with db.connection_context():
            act(*ids)

    run.__name__ = act.__name__
    run.__doc__ = act.__doc__
    return run
