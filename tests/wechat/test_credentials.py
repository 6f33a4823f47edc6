"""One token for all: one fetch under a storm, no hole at its end, no endless renewing."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis

import clock
from wechat.credentials import ACCESS_TOKEN, Credentials, Minted, StoredToken, TokenStore
from wechat.errors import ErrorClass, OutcomeUnknown, Refused, TryLater
from wechat.token_stores import MemoryTokenStore, RedisTokenStore

APP = "wx_app"


def redis_client() -> Any:
    url = os.environ.get("TEST_REDIS_URL") or "redis://127.0.0.1:6379/15"
    client = redis.Redis.from_url(url, socket_connect_timeout=0.5)
    try:
        client.ping()
    except redis.RedisError:
        pytest.skip("no Redis answers; set TEST_REDIS_URL")
    return client


def rot(value: bytes) -> bytes:
    """A seal that is its own opening."""
    return bytes(255 - byte for byte in value)


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest) -> Iterator[TokenStore]:
    if request.param == "memory":
        yield MemoryTokenStore()
        return
    client, prefix = redis_client(), f"test:{os.urandom(6).hex()}"
    yield RedisTokenStore(client, seal=rot, open_sealed=rot, prefix=prefix)
    for key in client.keys(f"{prefix}*"):
        client.delete(key)


class Platform:
    """Mints a new token each time, or what it is told to."""

    def __init__(self, *tokens: str, expires_in: int = 7200, seconds: float = 0.0) -> None:
        self.tokens = list(tokens)
        self.expires_in = expires_in
        self.seconds = seconds
        self.mints = 0
        self.error: Exception | None = None

    def __call__(self) -> Minted:
        self.mints += 1
        time.sleep(self.seconds)
        if self.error is not None:
            raise self.error
        token = self.tokens.pop(0) if len(self.tokens) > 1 else (self.tokens or [f"t{self.mints}"])[0]
        return Minted(token, self.expires_in)


def at_once(count: int, what: Callable[[], Any]) -> list[Any]:
    """What `count` threads got when they asked at the same moment."""
    gate, results = threading.Barrier(count), []

    def run() -> None:
        gate.wait()
        try:
            results.append(what())
        except Exception as error:
            results.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_token_comes_back_as_it_was_put(store):
    store.put(APP, ACCESS_TOKEN, StoredToken("x" * 512, 1735689600.25))

    assert store.get(APP, ACCESS_TOKEN) == StoredToken("x" * 512, 1735689600.25)
    assert store.get(APP, "jsapi_ticket") is None
    assert store.get("other", ACCESS_TOKEN) is None


def test_only_the_named_value_is_cleared(store):
    store.put(APP, ACCESS_TOKEN, StoredToken("new", 1.0))

    assert not store.clear_if(APP, ACCESS_TOKEN, "old")
    assert store.get(APP, ACCESS_TOKEN) is not None
    assert store.clear_if(APP, ACCESS_TOKEN, "new")
    assert store.get(APP, ACCESS_TOKEN) is None
    assert not store.clear_if(APP, ACCESS_TOKEN, "new")


def test_one_holds_the_lease_at_a_time(store):
    with store.refreshing(APP, ACCESS_TOKEN) as first:
        with store.refreshing(APP, ACCESS_TOKEN) as second:
            pass
        with store.refreshing(APP, "jsapi_ticket") as other:
            pass
    with store.refreshing(APP, ACCESS_TOKEN) as after:
        pass

    assert (first, second, other, after) == (True, False, True, True)


def test_redis_holds_no_token_in_the_clear():
    client, prefix = redis_client(), f"test:{os.urandom(6).hex()}"
    store = RedisTokenStore(client, seal=rot, open_sealed=rot, prefix=prefix)

    store.put(APP, ACCESS_TOKEN, StoredToken("the-token", 1.0))

    kept = client.hgetall(f"{prefix}:{APP}:{ACCESS_TOKEN}")
    client.delete(f"{prefix}:{APP}:{ACCESS_TOKEN}")
    assert not any(b"the-token" in value for value in kept.values())


def test_a_storm_of_threads_fetches_once(store):
    platform = Platform(seconds=0.05)
    credentials = Credentials(APP, store, platform)

    assert at_once(16, credentials.access_token) == ["t1"] * 16
    assert platform.mints == 1


def test_a_storm_of_processes_fetches_once(store):
    platform = Platform(seconds=0.05)
    each_its_own = [Credentials(APP, store, platform) for _ in range(16)]

    assert at_once(16, lambda: each_its_own.pop().access_token()) == ["t1"] * 16
    assert platform.mints == 1


def test_a_storm_of_rejections_renews_once(store):
    platform = Platform("old", "new", seconds=0.02)
    credentials = Credentials(APP, store, platform)
    rejected = credentials.access_token()

    assert at_once(16, lambda: credentials.renew(rejected)) == ["new"] * 16
    assert platform.mints == 2


def test_a_late_rejection_does_not_clear_the_newer_token(store):
    store.put(APP, ACCESS_TOKEN, StoredToken("new", clock.timestamp() + 7200))
    platform = Platform()

    assert Credentials(APP, store, platform).renew("old") == "new"
    assert platform.mints == 0


def test_a_token_given_back_though_rejected_is_not_fetched_for_ever(store):
    platform = Platform("dead")
    credentials = Credentials(APP, store, platform)

    assert credentials.renew(credentials.access_token()) == "dead"
    for _ in range(5):
        with pytest.raises(Refused) as caught:
            credentials.renew("dead")
        assert caught.value.stops_campaign

    assert platform.mints == 2


def test_the_old_token_serves_while_another_renews_it(noon, store):
    store.put(APP, ACCESS_TOKEN, StoredToken("old", clock.timestamp() + 200))
    platform = Platform("new")

    with store.refreshing(APP, ACCESS_TOKEN):
        assert Credentials(APP, store, platform).access_token() == "old"
    assert Credentials(APP, store, platform).access_token() == "new"
    assert platform.mints == 1


@pytest.mark.parametrize(("left", "mints"), [(301, 0), (300, 1), (0, 1), (-5, 1)])
def test_a_token_is_renewed_five_minutes_before_its_end(noon, left, mints):
    store, platform = MemoryTokenStore(), Platform("new")
    store.put(APP, ACCESS_TOKEN, StoredToken("old", clock.timestamp() + left))

    assert Credentials(APP, store, platform).access_token() == ("new" if mints else "old")
    assert platform.mints == mints


def test_the_same_token_given_again_is_not_asked_for_at_every_call(noon):
    platform = Platform("same", expires_in=300)
    credentials = Credentials(APP, MemoryTokenStore(), platform)

    assert {credentials.access_token() for _ in range(20)} == {"same"}
    assert platform.mints == 1


def test_an_expired_token_is_never_served(noon):
    platform = Platform("one", "two", expires_in=300)
    credentials = Credentials(APP, MemoryTokenStore(), platform)
    credentials.access_token()

    clock.advance(timedelta(seconds=301))

    assert credentials.access_token() == "two"


def test_a_platform_out_of_reach_leaves_the_old_token(noon):
    store, platform = MemoryTokenStore(), Platform()
    platform.error = TryLater("/cgi-bin/stable_token", errmsg="连接失败")
    store.put(APP, ACCESS_TOKEN, StoredToken("old", clock.timestamp() + 100))
    credentials = Credentials(APP, store, platform)

    assert credentials.access_token() == "old"
    clock.advance(timedelta(seconds=101))
    with pytest.raises(TryLater):
        credentials.access_token()


def test_a_refused_mint_is_raised_at_once_and_not_repeated(store):
    platform = Platform()
    platform.error = Refused("/cgi-bin/stable_token", errcode=40125, error_class=ErrorClass.E)
    credentials = Credentials(APP, store, platform)

    errors = at_once(16, credentials.access_token)

    assert {type(error) for error in errors} == {Refused}
    assert platform.mints == 1


def test_the_lease_is_given_back_after_a_failure(store):
    platform = Platform("good")
    platform.error = OutcomeUnknown("/cgi-bin/stable_token")
    credentials = Credentials(APP, store, platform)
    with pytest.raises(OutcomeUnknown):
        credentials.access_token()

    platform.error = None

    assert credentials.access_token() == "good"


def test_waiting_for_a_holder_that_hangs_has_an_end(monkeypatch):
    monkeypatch.setattr("wechat.credentials.WAIT_SECONDS", 0.1)
    store = MemoryTokenStore()

    with store.refreshing(APP, ACCESS_TOKEN), pytest.raises(TryLater):
        Credentials(APP, store, Platform()).access_token()


def test_no_token_is_shown():
    assert "secret-value" not in repr(StoredToken("secret-value", 1.0)) + repr(Minted("secret-value", 1))
