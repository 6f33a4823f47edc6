"""The product's web application with an empty route beside it: what the server alone costs."""

from __future__ import annotations

import logging

from flask import Flask, Response, request

import server

EMPTY = "/empty"


def create_app() -> Flask:
    logging.basicConfig(level=logging.WARNING)
    app = server.create_app()

    @app.post(EMPTY)
    def empty() -> Response:
        request.get_data(cache=False)
        return Response(b"success", content_type="text/plain")

    return app


def create_bare_app() -> Flask:
    """Flask with the empty route and nothing of ours: no database, no hook."""
    app = Flask(__name__)

    @app.post(EMPTY)
    def empty() -> Response:
        request.get_data(cache=False)
        return Response(b"success", content_type="text/plain")

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app
