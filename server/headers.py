"""Headers of every answer: what a page may load, and that nobody frames it.

Neither inline script nor eval: Alpine is its CSP build, htmx runs without `js:` and `hx-on`.
"""

from __future__ import annotations

from flask import Flask, Response, request

import config

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


def init_app(app: Flask) -> None:
    is_secure = config.settings().public_url.startswith("https://")

    @app.after_request
    def add(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("X-Frame-Options", "DENY")
        if is_secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if request.path.startswith("/console"):
            # Pages hold personal data: a shared computer's back button must not show them.
            response.headers.setdefault("Cache-Control", "no-store")
        return response
