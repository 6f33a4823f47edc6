"""One account's callback, as WeChat would call it, and the moment of the contract's test vectors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import clock
from config import Settings
from tests.wechat import stand_in
from tests.wechat.stand_in import StandIn
from wechat.callbacks import Callbacks
from wechat.client import Timeouts
from wechat.gateway import Gateway, make_gateway
from wechat.inbound import Inbound
from wechat.token_stores import MemoryTokenStore

TOKEN = "sandboxToken2024"
AES_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
APP_ID = "wx0123456789abcdef"
VECTOR_TIME = 1735689600


@pytest.fixture
def vector_time() -> Iterator[int]:
    """The clock held at the moment of the contract's vectors."""
    with clock.fixed(clock.from_timestamp(VECTOR_TIME)):
        yield VECTOR_TIME


@pytest.fixture
def callbacks() -> Callbacks:
    return Callbacks(token=TOKEN, aes_key=AES_KEY, app_id=APP_ID, mode="safe")


@pytest.fixture
def inbound() -> Inbound:
    return Inbound(to="gh_1", openid="oU1", create_time=VECTOR_TIME, msg_type="text", content="报名")


@pytest.fixture
def platform() -> Iterator[StandIn]:
    with stand_in.running() as running:
        yield running


@pytest.fixture
def settings(platform: StandIn) -> Settings:
    return Settings(
        wechat_api_url=platform.url,
        wechat_app_id=APP_ID,
        wechat_app_secret="the-secret-of-the-account",
        send_connections=8,
    )


@pytest.fixture
def gateway(settings: Settings) -> Iterator[Gateway]:
    made = make_gateway(settings, MemoryTokenStore(), timeouts=Timeouts(1.0, 0.5))
    yield made
    made.close()
