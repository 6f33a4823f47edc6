"""The official account of the settings: one gateway per process."""

from __future__ import annotations

import threading

import config
from models.sealing import seal, unseal
from services.tokens import RowTokenStore
from wechat.client import Timeouts
from wechat.credentials import TokenStore
from wechat.gateway import Gateway, make_gateway
from wechat.token_stores import RedisTokenStore

WEB_TIMEOUTS = Timeouts(3.0, 3.0)  # the web's threads also answer the callback

_lock = threading.Lock()
_gateway: Gateway | None = None
_timeouts = Timeouts()


def gateway() -> Gateway:
    """The process's gateway, made at the first call."""
    global _gateway
    with _lock:
        if _gateway is None:
            _gateway = make_gateway(config.settings(), token_store(), timeouts=_timeouts)
        return _gateway


def set_gateway(other: Gateway | None) -> None:
    """Use another gateway (tests); None: make one anew at the next call."""
    global _gateway
    with _lock:
        _gateway = other


def use_timeouts(timeouts: Timeouts) -> None:
    """How long this process waits for WeChat; said before the first call."""
    global _timeouts
    _timeouts = timeouts


def timeouts() -> Timeouts:
    return _timeouts


def token_store() -> TokenStore:
    """Redis where REDIS_URL is set, else rows; sealed either way."""
    url = config.settings().redis_url
    if not url:
        return RowTokenStore()
    import redis

    return RedisTokenStore(redis.Redis.from_url(url), seal=seal, open_sealed=unseal)
