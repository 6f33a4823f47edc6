"""Which channels this account has, and which of them a campaign may use."""

from __future__ import annotations

import config
from models.messaging import Campaign, Channel
from services.messaging import digest_times, mass_targets
from wechat.capabilities import Capability, granted

CALLED = (Channel.WINDOW_MESSAGE, Channel.TEMPLATE_MESSAGE, Channel.ONE_TIME_SUBSCRIPTION)
NEEDS = {
    Channel.WINDOW_MESSAGE: Capability.WINDOW_MESSAGE,
    Channel.TEMPLATE_MESSAGE: Capability.TEMPLATE_MESSAGE,
    Channel.ONE_TIME_SUBSCRIPTION: Capability.ONE_TIME_SUBSCRIPTION,
    Channel.DIGEST: Capability.MASS_BY_TAG,
    Channel.MASS_SEND: Capability.MASS_BY_TAG,
    Channel.RIDER: Capability.PASSIVE_REPLY,
}


def of_account() -> set[Channel]:
    """The channels that the platform grants the account of the settings."""
    settings = config.settings()
    allowed = granted(settings.wechat_account_kind, verified=settings.wechat_verified)
    return {channel for channel, needed in NEEDS.items() if needed in allowed}


def usable(campaign: Campaign) -> set[Channel]:
    """What the account has, narrowed by the campaign's own choice (none chosen: all).

    An account without lists sends a mass message only where the audience is everyone or one tag;
    a digest carries what concerns everybody.
    """
    if campaign.is_digest:
        return of_account() & {Channel.MASS_SEND}
    chosen = {Channel(each) for each in campaign.channels or []}
    found = of_account() & chosen if chosen else of_account()
    if Channel.MASS_SEND in found and mass_targets.is_by_tag() and not mass_targets.of(campaign):
        found.discard(Channel.MASS_SEND)
    if Channel.DIGEST in found and not digest_times.is_carried(campaign):
        found.discard(Channel.DIGEST)
    return found
