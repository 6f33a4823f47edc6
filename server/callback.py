"""`/wechat/callback`: what WeChat posts to the official account (architecture, "A message comes in").

Verified, bounded and parsed here; job events are stored at once; all else is answered by the
bot, the one bridge between two edges.

It is a WSGI application of its own before Flask's: a session, rate limits and page headers are
nothing to WeChat, and together cost as much CPU as the answer itself.
"""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, NamedTuple

from flask import Flask
from peewee import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request

import config
from bot import dispatcher
from models.base import db
from services import inbound
from services.messaging import events
from wechat.callbacks import MAX_BODY_BYTES, BadCallback, BadCallbackKind, Callbacks
from wechat.replies import reply

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

ADDRESS = "/wechat/callback"


class Answer(NamedTuple):
    """What goes back over the wire."""

    body: bytes = b""
    status: str = "200 OK"
    content_type: str = "text/plain; charset=utf-8"


SUCCESS = Answer(b"success")
FORBIDDEN = Answer(status="403 FORBIDDEN")
NOT_ALLOWED = Answer(status="405 METHOD NOT ALLOWED")
TOO_LARGE = Answer(status="413 REQUEST ENTITY TOO LARGE")
FAILED = Answer(status="500 INTERNAL SERVER ERROR")
UNAVAILABLE = Answer(status="503 SERVICE UNAVAILABLE")


def init_app(app: Flask) -> None:
    """Put the callback before the rest of the application."""
    settings = config.settings()
    callbacks = Callbacks(
        token=settings.wechat_token,
        aes_key=settings.wechat_aes_key,
        app_id=settings.wechat_app_id,
        mode=settings.wechat_callback_mode,
    )
    pages = app.wsgi_app

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != ADDRESS:
            return pages(environ, start_response)
        answer = respond(callbacks, Request(environ))
        headers = [("Content-Type", answer.content_type), ("Content-Length", str(len(answer.body)))]
        start_response(answer.status, headers)
        return [answer.body]

    app.wsgi_app = application  # type: ignore[method-assign]


def respond(callbacks: Callbacks, request: Request) -> Answer:
    """403: not from WeChat, or stale; 413: above 64 kB, unread; 503: the database does not answer.

    Never raises: of an unforeseen error the log holds the place, and WeChat tries again.
    """
    try:
        if request.method == "GET":
            return _verify(callbacks, request)
        if request.method == "POST":
            return _receive(callbacks, request)
    except OperationalError as error:
        # nothing was kept: WeChat's retry does it all
        log.error("callback: the database does not answer: %s", type(error).__name__)
        _drop_connection()
        return UNAVAILABLE
    except HTTPException as refusal:  # of a body that breaks off
        return Answer(status=f"{refusal.code} {refusal.name.upper()}")
    except Exception as error:
        # not the error's own text: a database puts the row's values into it
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("callback failed: %s\n%s", type(error).__name__, where)
        _drop_connection()
        return FAILED
    return NOT_ALLOWED


def _verify(callbacks: Callbacks, request: Request) -> Answer:
    """WeChat's check of the address: the echostr back, as it came."""
    try:
        return Answer(callbacks.verify_url(request.args).encode())
    except BadCallback as bad:
        return _refuse(bad)


def _receive(callbacks: Callbacks, request: Request) -> Answer:
    body = _body(request)
    if body is None:
        return TOO_LARGE
    db.connect(reuse_if_open=True)  # one per thread, kept
    try:
        message = callbacks.receive(request.args, body)
    except BadCallback as bad:
        if bad.kind is not BadCallbackKind.UNPARSABLE:
            return _refuse(bad)
        log.warning("callback kept unparsed: %s", bad.reason)
        inbound.keep_unparsed(bad.xml if bad.xml is not None else body)
        return SUCCESS
    if message.is_job_event:
        events.store(message)
        return SUCCESS
    said = dispatcher.answer(message)
    if said is None:
        return SUCCESS
    sealed = callbacks.answer(reply(message, said), encrypted=message.encrypted)
    return Answer(sealed, content_type="application/xml")


def _body(request: Request) -> bytes | None:
    """The body; None where it is too large, which is then left unread."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return None
    # of a body whose length is not told one byte more is read: werkzeug cuts in silence
    request.max_content_length = MAX_BODY_BYTES + 1
    body = request.get_data(cache=False)
    return body if len(body) <= MAX_BODY_BYTES else None


def _refuse(bad: BadCallback) -> Answer:
    log.warning("callback refused: %s", bad.kind)
    return FORBIDDEN


def _drop_connection() -> None:
    if not db.is_closed() and not db.in_transaction():
        db.close()
