"""`/wechat/mini`: what WeChat posts to the mini program, as XML or JSON.

Results of subscribe messages, and consents that a person took back. Everything else is
acknowledged: there is no chat in the mini program.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from peewee import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request

import config
from models.base import db
from server.callback import FAILED, FORBIDDEN, NOT_ALLOWED, SUCCESS, TOO_LARGE, UNAVAILABLE, Answer
from services import mini_reminders
from wechat.callbacks import MAX_BODY_BYTES, BadCallback, BadCallbackKind, Callbacks
from wechat.inbound import Inbound
from wechat.mini_pushes import MiniCallbacks

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)

ADDRESS = "/wechat/mini"


def application() -> Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]:
    settings = config.settings()
    callbacks = MiniCallbacks(
        token=settings.mini_token, aes_key=settings.mini_aes_key, app_id=settings.mini_app_id, mode="safe"
    )

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        told = respond(callbacks, Request(environ))
        headers = [("Content-Type", told.content_type), ("Content-Length", str(len(told.body)))]
        start_response(told.status, headers)
        return [told.body]

    return answer


def respond(callbacks: Callbacks, request: Request) -> Answer:
    """403: not from WeChat, or stale; 413: above 64 kB; 503: WeChat tries again. Never raises."""
    try:
        if request.method == "GET":
            return Answer(callbacks.verify_url(request.args).encode())
        if request.method != "POST":
            return NOT_ALLOWED
        return _receive(callbacks, request)
    except BadCallback as bad:
        log.warning("mini push refused: %s", bad.kind)
        return SUCCESS if bad.kind is BadCallbackKind.UNPARSABLE else FORBIDDEN
    except OperationalError as error:
        log.error("mini push: the database does not answer: %s", type(error).__name__)
        return UNAVAILABLE
    except HTTPException as refusal:
        return Answer(status=f"{refusal.code} {refusal.name.upper()}")
    except Exception as error:
        # not the error's own text: a database puts the row's values into it
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("mini push failed: %s\n%s", type(error).__name__, where)
        return FAILED


def _receive(callbacks: Callbacks, request: Request) -> Answer:
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return TOO_LARGE
    request.max_content_length = MAX_BODY_BYTES + 1
    body = request.get_data(cache=False)
    if len(body) > MAX_BODY_BYTES:
        return TOO_LARGE
    db.connect(reuse_if_open=True)
    _act(callbacks.receive(request.args, body))
    return SUCCESS


def _act(message: Inbound) -> None:
    if message.event == "subscribe_msg_sent_event":
        mini_reminders.settle(message)
    elif message.event == "subscribe_msg_change_event":
        entries = message.entries("SubscribeMsgChangeEvent")
        refused = [each for each in entries if each.get("SubscribeStatusString") == "reject"]
        mini_reminders.revoked(message.openid, [str(each.get("TemplateId", "")) for each in refused])
