"""Which channels this account has, and which of them a campaign may use."""

from __future__ import annotations

import config
from models.messaging import Campaign, Channel
from wechat.capabilities import Capability, granted

CALLED = (Channel.WINDOW_MESSAGE, Channel.TEMPLATE_MESSAGE, Channel.ONE_TIME_SUBSCRIPTION)
NEEDS = {
    Channel.WINDOW_MESSAGE: Capability.WINDOW_MESSAGE,
    Channel.TEMPLATE_MESSAGE: Capability.TEMPLATE_MESSAGE,
    Channel.ONE_TIME_SUBSCRIPTION: Capability.ONE_TIME_SUBSCRIPTION,
    Channel.MASS_SEND: Capability.MASS_BY_LIST,
    Channel.RIDER: Capability.PASSIVE_REPLY,
}


def of_account() -> set[Channel]:
    """The channels that the platform grants the account of the settings."""
    settings = config.settings()
    allowed = granted(settings.wechat_account_kind, verified=settings.wechat_verified)
    return {channel for channel, needed in NEEDS.items() if needed in allowed}


def usable(campaign: Campaign) -> set[Channel]:
    """What the account has, narrowed by the campaign's own choice (none chosen: all)."""
    chosen = {Channel(each) for each in campaign.channels or []}
    return of_account() & chosen if chosen else of_account()
