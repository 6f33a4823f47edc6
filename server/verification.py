"""The files by which WeChat verifies a domain (`/MP_verify_….txt`), from VERIFICATION_FILES.

Nothing but what was set is served: a server that answered any name would prove our domain to anyone.
"""

from __future__ import annotations

from flask import Flask, Response

import config


def init_app(app: Flask) -> None:
    for name, content in config.settings().verification_contents.items():
        app.add_url_rule(f"/{name}", f"verification.{name.replace('.', '_')}", _serving(content))


def _serving(content: str):  # type: ignore[no-untyped-def]  # a view
    def serve() -> Response:
        return Response(content, content_type="text/plain; charset=utf-8")

    return serve
