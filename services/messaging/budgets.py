"""Budgets: how people share channels that a day's quota does not let all of them take.

People who may be reached by the same channels are one group, so that a plan over a million people
is a question of a few dozen numbers. The channels are filled from the cheapest to the dearest,
each as far as others can make room for it: that reaches the most people and, of all ways to do
so, takes the fewest mass slots, then the fewest consents, then the fewest calls (the channels'
places form a transversal matroid, where the greedy way is exact).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping

from models.messaging import OPEN_DELIVERY, UNDER_WAY, Campaign, Channel, Delivery
from services.messaging import quotas
from services.messaging.channels import CALLED

RESERVE_PART = 50  # one of so many calls a day stays for automatic notices

Group = tuple[Channel, ...]  # what each of them may be sent by, the cheapest first
Shares = dict[Group, Counter[Channel | None]]  # None: nobody's place


def limits(campaign: Campaign) -> dict[Channel, int]:
    """Calls this campaign may plan today: what the quota has left, without what others under way
    still plan, and, but for automatic notices, without the reserve."""
    others = (
        Delivery.select()
        .join(Campaign)
        .where(
            Campaign.status.in_(sorted(UNDER_WAY)),
            Delivery.campaign != campaign.id,
            Delivery.status.in_(sorted(OPEN_DELIVERY)),
        )
    )
    found = {}
    for channel in CALLED:
        reserve = 0 if campaign.is_automatic else quotas.DAILY_LIMITS[channel] // RESERVE_PART
        pending = others.where(Delivery.channel == channel).count()
        found[channel] = max(0, quotas.left(channel) - reserve - pending)
    return found


def limits_of_a_day(campaign: Campaign) -> dict[Channel, int]:
    """What a day as yet unspent would let this campaign plan."""
    spared = 0 if campaign.is_automatic else 1
    return {
        channel: quotas.DAILY_LIMITS[channel] - spared * (quotas.DAILY_LIMITS[channel] // RESERVE_PART)
        for channel in CALLED
    }


def shared(groups: Mapping[Group, int], most: Mapping[Channel, int], *, needs_two: bool = True) -> Shares:
    """How many of each group take each channel; a channel that `most` does not name has no limit.

    `needs_two`: a mass list of one does not go, so a second person joins it where that can be.
    """
    # sorted: of plans equally good, the forecast and the launch take the same
    shares: Shares = {group: Counter({None: groups[group]}) for group in sorted(groups) if groups[group]}
    order = _order(shares)
    room = {channel: most.get(channel, sum(groups.values())) for channel in order}
    for channel in order:
        while room[channel] and (path := _path(shares, channel)):
            room[channel] -= _push(shares, path, room[channel])
    if needs_two:
        _pair(shares)
    return shares


def _order(shares: Shares) -> list[Channel]:
    """All channels, the cheapest first: each group tells a part of the planner's one order."""
    known = [channel for channel in Channel if any(channel in group for group in shares)]
    dearer = {(a, b) for group in shares for place, a in enumerate(group) for b in group[place + 1 :]}
    placed: list[Channel] = []
    while known:
        first = next(each for each in known if not any((other, each) in dearer for other in known))
        placed.append(first)
        known.remove(first)
    return placed


Hop = tuple[Group, Channel | None, Channel]  # one of the group leaves a channel (or none) for another


def _path(shares: Shares, wanted: Channel, start: Channel | None = None) -> list[Hop]:
    """Moves by which one person of `start` (None: of nobody's place) gets a place and the last moved
    comes to `wanted`; [] when there are none."""
    reached: dict[Channel, list[Hop]] = {}
    waiting: deque[Channel] = deque()

    def reach(channel: Channel, path: list[Hop]) -> None:
        if channel not in reached:
            reached[channel] = path
            waiting.append(channel)

    for group, held in shares.items():
        if held[start]:
            for channel in group:
                if channel is not start:
                    reach(channel, [(group, start, channel)])
    while waiting:
        channel = waiting.popleft()
        if channel is wanted:
            return reached[channel]
        for group, held in shares.items():
            if held[channel]:
                for other in group:
                    reach(other, [*reached[channel], (group, channel, other)])
    return []


def _push(shares: Shares, path: list[Hop], most: int) -> int:
    """Move as many along the path as it lets, at most so many; how many."""
    number = min(most, *(shares[group][left] for group, left, _ in path))
    for group, left, taken in path:
        shares[group][left] -= number
        shares[group][taken] += number
    return number


def _pair(shares: Shares) -> None:
    """A single person on the mass list gets company, best of all so that a consent is spared; else
    the place is nobody's."""
    single = [held for held in shares.values() if held[Channel.MASS_SEND]]
    if sum(held[Channel.MASS_SEND] for held in single) != 1:
        return
    for start in (Channel.ONE_TIME_SUBSCRIPTION, Channel.TEMPLATE_MESSAGE, Channel.WINDOW_MESSAGE):
        if path := _path(shares, Channel.MASS_SEND, start):
            _push(shares, path, 1)
            return
    single[0][Channel.MASS_SEND] -= 1
    single[0][None] += 1
