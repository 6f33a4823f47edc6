"""`/metrics` for Prometheus: not public; only the machine itself or a private network is answered."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from flask import Blueprint, Flask, Response, abort, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from server import proxies
from services import figures

bp = Blueprint("metrics", __name__)
TEXT = "text/plain; version=0.0.4; charset=utf-8"


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)


@bp.get("/metrics")
def metrics() -> Response:
    """404 for the public, and for whom a proxy hides: a local one that is not trusted would open it."""
    peer = request.remote_addr or "0.0.0.0"  # noqa: S104 - an address that is refused
    if proxies.hides_its_client(request) or not ip_address(peer).is_private:
        abort(404)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures())
    return Response(generate_latest(registry), content_type=TEXT)


class _Figures:
    def collect(self) -> Iterator[GaugeMetricFamily]:
        for each in figures.now():
            labels = [each.label] if each.label else []
            family = GaugeMetricFamily(f"weidangxiao_{each.name}", each.says, labels=labels)
            for label, value in each.values.items():
                family.add_metric([label] if labels else [], value)
            yield family
