"""What `/healthz` and `/readyz` tell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

import config
from sandbox.testing import Sandbox, running_sandbox
from services import wechat_account
from wechat.gateway import make_gateway
from wechat.token_stores import MemoryTokenStore


@pytest.fixture
def wechat() -> Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        settings = config.settings().model_copy(update={"wechat_api_url": sandbox.url})
        wechat_account.set_gateway(make_gateway(settings, MemoryTokenStore()))
        yield sandbox
        wechat_account.set_gateway(None)


def test_a_process_that_answers_is_healthy(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}


def test_ready_with_database_and_token(client: FlaskClient, wechat: Sandbox) -> None:
    assert (client.get("/readyz").status_code, client.get("/readyz").get_json()) == (200, {"status": "ok"})


def test_a_refused_token_is_told_without_secrets(client: FlaskClient, wechat: Sandbox) -> None:
    wechat.fault(path="/cgi-bin/stable_token", errcode=40125, times=1)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "40125" in answer.get_json()["token"]
    assert config.settings().wechat_app_secret not in answer.get_data(as_text=True)


def test_a_missing_queue_is_named(
    client: FlaskClient, wechat: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = config.settings().model_copy(update={"redis_url": "redis://:word@127.0.0.1:1/0"})
    monkeypatch.setattr(config, "settings", lambda: silent)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "127.0.0.1:1" in answer.get_json()["queue"]
    assert "word" not in answer.get_data(as_text=True)
