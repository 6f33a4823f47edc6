"""Member pages in tests: `enter(follower)` gives a browser in which the follower is signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

import config
from models.people import Follower
from sandbox.testing import Sandbox, running_sandbox
from services import member_links, wechat_account
from wechat.client import Timeouts
from wechat.gateway import make_gateway
from wechat.token_stores import MemoryTokenStore

Enter = Callable[[Follower], FlaskClient]


@pytest.fixture
def enter(app: Flask) -> Enter:
    def entered(follower: Follower) -> FlaskClient:
        client = app.test_client()
        answer = client.get(path_of(member_links.make(follower.id)))
        assert answer.status_code == 302, answer.text
        return client

    return entered


@pytest.fixture(params=["service"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """WeChat in a thread, and our gateway to it; `indirect` asks for a subscription account."""
    with running_sandbox(kind=request.param) as running:
        settings = config.settings().model_copy(
            update={
                "wechat_api_url": running.url,
                "wechat_open_url": running.url,
                "wechat_account_kind": request.param,
            }
        )
        gateway = make_gateway(settings, MemoryTokenStore(), timeouts=Timeouts(2.0, 2.0))
        wechat_account.set_gateway(gateway)
        try:
            yield running
        finally:
            wechat_account.set_gateway(None)
            gateway.close()


def path_of(url: str) -> str:
    """An address of ours without its host."""
    return url.removeprefix(config.settings().public_url)
