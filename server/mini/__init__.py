"""The mini program's side of the web edge: the JSON API at /api and WeChat's pushes at /wechat/mini.

Both are applications of their own before the pages': a console session, a page's headers and its
CSRF proof are nothing to a phone that brings a bearer token.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

from server.mini import api, pushes

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


def init_app(app: Flask) -> None:
    mini_api = api.create()
    answer = pushes.application()
    rest = app.wsgi_app
    app.extensions["mini_api"] = mini_api

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == pushes.ADDRESS:
            return answer(environ, start_response)
        if path == "/api" or path.startswith("/api/"):
            return mini_api.wsgi_app(environ, start_response)
        return rest(environ, start_response)

    app.wsgi_app = application  # type: ignore[method-assign]
