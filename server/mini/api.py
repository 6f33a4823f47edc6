"""The JSON API /api/v1: bearer tokens, typed by pydantic, described at /api/openapi.json.

Every answer that is no success is {code, message, details}: a machine reads the code, a person the
message. No answer repeats what was sent in.
"""

from __future__ import annotations

from typing import Any

from apiflask import APIFlask

import config
from models.base import db
from server.mini import activities, binding, check_ins, limits, problems, reminders, running, sessions
from services import audit

ADDRESS = "/api/v1"
BLUEPRINTS = (sessions.bp, binding.bp, activities.bp, check_ins.bp, running.bp, reminders.bp)
DESCRIPTION = "小程序的接口。每个 POST 都带 Idempotency-Key：同一请求重发，得到同一答复。"
MOST_BYTES = 64 * 1024


def create() -> APIFlask:
    app = APIFlask(
        "weidangxiao-api",
        title="微党校 API",
        version="1",
        spec_path="/api/openapi.json",
        docs_path=None,
        static_folder=None,  # type: ignore[arg-type]
    )
    app.config.update(
        SECRET_KEY=config.settings().secret_key,
        MAX_CONTENT_LENGTH=MOST_BYTES,
        INFO={"description": DESCRIPTION},
        SPEC_FORMAT="json",
        AUTO_404_RESPONSE=False,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_AUTH_ERROR_RESPONSE=False,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.security_schemes = {"bearer": {"type": "http", "scheme": "bearer"}}
    problems.register(app)
    limits.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint, url_prefix=ADDRESS)
    app.spec_processor(_finish)
    _prepare(app)
    return app


def _prepare(app: APIFlask) -> None:
    @app.before_request
    def open_connection() -> None:
        from flask import request

        db.connect(reuse_if_open=True)  # one per thread, kept
        audit.client_address.set(request.remote_addr or "")

    @app.after_request
    def add_headers(response: Any) -> Any:
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @app.teardown_request
    def close_broken(error: BaseException | None) -> None:
        if error is not None and not db.is_closed() and not db.in_transaction():
            db.close()


def _finish(spec: Any) -> Any:
    """What all operations have in common: the problems, and the key of every POST."""
    schemas = spec.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = problems.SCHEMA
    refused = {
        "description": "没有办成",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path in spec["paths"].values():
        for method, operation in path.items():
            if method == "parameters":
                continue
            for status in ("400", "401", "403", "404", "405", "409", "413", "415", "422", "429", "503"):
                operation["responses"].setdefault(status, refused)
            if method == "post":
                operation.setdefault("parameters", []).append(KEY_PARAMETER)
    return spec


KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{8,64}$"},
    "description": "每个请求自取一个；重发时用同一个",
}
