"""Whose forwarded addresses are believed."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from werkzeug.test import Client

from server.proxies import TrustedProxies


def tell_address(environ: dict[str, object], start_response: object) -> list[bytes]:
    start_response("200 OK", [])  # type: ignore[operator]
    return [str(environ["REMOTE_ADDR"]).encode()]


@pytest.mark.parametrize(("peer", "seen"), [("10.0.0.7", "203.0.113.9"), ("198.51.100.1", "198.51.100.1")])
def test_only_a_trusted_peer_may_name_another_address(peer: str, seen: str) -> None:
    client = Client(TrustedProxies(tell_address, [ip_network("10.0.0.0/24")]))

    answer = client.get(
        "/", environ_base={"REMOTE_ADDR": peer}, headers={"X-Forwarded-For": "192.0.2.1, 203.0.113.9"}
    )

    assert answer.get_data(as_text=True) == seen
