"""Random calls and acts in random order: never a failure of the sandbox, nothing ever overspent."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import phones
from sandbox.endpoints import ENDPOINTS
from sandbox.errors import PlatformError
from sandbox.people import WINDOWS
from sandbox.web import BadRequest
from tests.sandbox.exploring import HOSTILE, SAMPLES, World, bent

PATHS = sorted(ENDPOINTS)
SENDS = [path for path in PATHS if "/message/" in path]
STEPS = 60


def rules_hold(world: World) -> None:
    """Windows, consents, quotas and mass sends are never negative, never overspent."""
    platform = world.platform
    for person in platform.people.by_openid.values():
        for act, (_, left) in person.windows.items():
            assert 0 <= left <= WINDOWS[act][0]
        assert all(count >= 0 for count in person.consents.values())
        assert person.mass_received(platform.clock.month()) <= 4
        assert len(person.tags) <= 20
        assert set(person.tags) <= set(platform.tags.names) or not person.is_following
    for user in platform.mini.by_openid.values():
        assert all(count >= 0 for count in user.consents.values())
    for app in platform.apps.both:
        for path, used in app.quotas.used.items():
            known = ENDPOINTS.get(path)
            if known is not None and known.daily is not None:
                assert used <= app.quotas.limits.daily.get(path, known.daily)
    assert len(platform.tags.names) <= 100
    assert len(platform.templates.by_id) <= 25


async def act(world: World, dice: random.Random) -> None:
    """Something that happens outside of calls: people act, time passes, tokens die."""
    platform, person = world.platform, dice.choice([world.person, world.other])
    chosen = dice.randrange(8)
    if chosen == 0:
        await phones.follow(platform, person)
    elif chosen == 1:
        await phones.unfollow(platform, person)
    elif chosen == 2 and person.is_following:
        await phones.text(platform, person, "你好", dice.choice([None, "1"]))
    elif chosen == 3:
        await phones.scan(platform, person, "lecture_7")
    elif chosen == 4:
        await phones.block(platform, person, dice.random() < 0.5)
    elif chosen == 5:
        platform.clock.move(by=dice.choice([1, 70, 700, 90_000, 2_700_000]))
        fresh = {
            app.kind: app.credentials.mint_stable(world.now, platform.clock.day(), False)
            for app in platform.apps.both
        }
        world.tokens = {kind: row["access_token"] for kind, row in fresh.items()}
    elif chosen == 6:
        world._made.pop(dice.choice(list(world._made) or ["openid"]), None)  # something new next time
    else:
        path = dice.choice(SENDS)
        used = max(app.quotas.used.get(path, 0) for app in platform.apps.both)
        platform.apps.limits.daily[path] = used + dice.randrange(6)


def _call(world: World, dice: random.Random) -> None:
    path = dice.choice(SENDS if dice.random() < 0.6 else PATHS)
    sample: Any = SAMPLES.get(path, {})
    if sample and dice.random() < 0.3:
        sample = dice.choice(list(bent(sample)))
    given_ = world.filled(sample)
    if "clientmsgid" in given_:
        given_["clientmsgid"] = dice.choice(
            ["a", "b", "c", *(one for one in HOSTILE if isinstance(one, str))]
        )
    if "touser" in given_ and isinstance(given_["touser"], str) and dice.random() < 0.4:
        given_["touser"] = world.other.openid
    world.call(path, given_)


async def _run(seed: int) -> None:
    dice = random.Random(seed)
    world = World()
    world.platform.pushes.callback_of("official").has_address = False
    world.platform.pushes.callback_of("mini").has_address = False
    for _ in range(STEPS):
        with suppress(BadRequest, PlatformError):  # an act or a preparation that is not possible now
            if dice.random() < 0.3:
                await act(world, dice)
            else:
                _call(world, dice)
        rules_hold(world)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_nothing_is_ever_overspent(seed: int) -> None:
    asyncio.run(_run(seed))
