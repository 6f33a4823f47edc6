"""What a monitor reads, and who may read it."""

from __future__ import annotations

from datetime import datetime
from ipaddress import ip_network

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Client

import clock
from models.inbound import InboundMessage, InboundOutcome
from models.messaging import CampaignStatus
from models.operations import Credential
from server.proxies import TrustedProxies
from services import leases
from tests.server.console.campaign_rows import make_campaign


def read(client: FlaskClient, **more: str) -> dict[str, float]:
    answer = client.get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"} | more)
    lines = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_figures_are_the_databases(client: FlaskClient, noon: datetime) -> None:
    make_campaign(status=CampaignStatus.SENDING)
    make_campaign()
    InboundMessage.create(dedupe_key="a", kind="text", outcome=InboundOutcome.HANDLED, received_at=noon)
    leases.take("clock", seconds=20)

    told = read(client)

    assert told['weidangxiao_campaigns{status="sending"}'] == 1
    assert told['weidangxiao_campaigns{status="draft"}'] == 1
    assert told['weidangxiao_inbound_messages_last_hour{outcome="handled"}'] == 1
    assert told["weidangxiao_clock_lease_seconds"] > 10
    assert told['weidangxiao_quota_limit{interface="template_message"}'] == 100_000
    assert told["weidangxiao_events_unsettled"] == 0


def test_a_token_is_told_by_its_age_only(client: FlaskClient, noon: datetime) -> None:
    Credential.create(
        app_id="wx1", kind="access_token", value="secret-token", value_hash="h", expires_at=clock.utc_now()
    )

    answer = client.get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"})

    assert 'weidangxiao_token_seconds{app="wx1"} 0.0' in answer.text
    assert "secret-token" not in answer.text


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888"])
def test_the_public_is_told_nothing(client: FlaskClient, address: str) -> None:
    answer = client.get("/metrics", environ_base={"REMOTE_ADDR": address})

    assert answer.status_code == 404
    assert "weidangxiao_" not in answer.text


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Forwarded-Proto", "Via"])
def test_a_proxy_that_is_not_trusted_opens_it_to_nobody(client: FlaskClient, name: str) -> None:
    answer = client.get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"}, headers={name: "10.0.0.7"})

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Forwarded-For": "10.0.0.7"}, 200),
        ({"X-Forwarded-For": "8.8.8.8"}, 404),
        ({"X-Real-IP": "8.8.8.8"}, 404),  # it does not say for whom in the header that is read
        ({}, 200),
    ],
)
def test_a_trusted_proxy_is_believed(app: Flask, headers: dict[str, str], status: int) -> None:
    web = Client(TrustedProxies(app.wsgi_app, [ip_network("127.0.0.1/32")]))

    answer = web.get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"}, headers=headers)

    assert answer.status_code == status
