"""Forwarded addresses, believed only from the proxies of TRUSTED_PROXIES."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from typing import Any

from flask import Flask, Request
from werkzeug.middleware.proxy_fix import ProxyFix

import config

FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")


def hides_its_client(request: Request) -> bool:
    """Whether the request came through a proxy while `remote_addr` is that proxy's: it is not trusted,
    or it did not say for whom it asks."""
    if not any(name in request.headers for name in FORWARDED):
        return False
    is_believed = "werkzeug.proxy_fix.orig" in request.environ
    return not (is_believed and "X-Forwarded-For" in request.headers)


def init_app(app: Flask) -> None:
    told = config.settings().trusted_proxies
    networks = [ip_network(part.strip(), strict=False) for part in told.split(",") if part.strip()]
    if networks:
        app.wsgi_app = TrustedProxies(app.wsgi_app, networks)  # type: ignore[method-assign]


class TrustedProxies:
    """Takes X-Forwarded-For and X-Forwarded-Proto from a trusted peer, and from nobody else."""

    def __init__(self, wsgi_app: Any, networks: Iterable[Any]) -> None:
        self._direct = wsgi_app
        self._forwarded = ProxyFix(wsgi_app, x_for=1, x_proto=1)
        self._networks = tuple(networks)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        peer = environ.get("REMOTE_ADDR", "")
        trusted = bool(peer) and any(ip_address(peer) in network for network in self._networks)
        return (self._forwarded if trusted else self._direct)(environ, start_response)
