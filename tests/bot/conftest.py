"""A phone in two functions: what a follower says or taps, and what comes back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any

import pytest
from peewee import Database

import clock
import config
from bot import dispatcher
from models.people import Follower
from tests.factories import make_person
from tests.statements import count_statements
from wechat.inbound import Inbound
from wechat.replies import NewsArticle, cdata

__all__ = ["count_statements"]

CARD = "[卡片]"  # before the title of a card

_numbers = count(24000000000000001)


def message(openid: str, text: str = "", **more: Any) -> Inbound:
    """A message as it comes parsed; `fields` adds what else was sent."""
    number = str(next(_numbers))
    values: dict[str, Any] = {
        "to": "gh_sandbox00001",
        "openid": openid,
        "create_time": int(clock.timestamp()),
        "msg_type": "text",
        "msg_id": number,
        "content": text,
    } | more
    xml = (
        f"<xml><ToUserName>gh</ToUserName><FromUserName>{openid}</FromUserName>"
        f"<CreateTime>{values['create_time']}</CreateTime><MsgType>{values['msg_type']}</MsgType>"
        f"<Content>{cdata(text)}</Content><MsgId>{number}</MsgId></xml>"
    )
    return Inbound(**({"raw": xml.encode()} | values))


def event(openid: str, name: str, key: str = "", **more: Any) -> Inbound:
    return message(openid, msg_type="event", msg_id="", event=name, event_key=key, **more)


class Phone:
    """One openid's chat with the account."""

    def __init__(self, openid: str) -> None:
        self.openid = openid

    @property
    def follower(self) -> Follower:
        return Follower.get(
            Follower.openid == self.openid, Follower.app_id == config.settings().wechat_app_id
        )

    def says(self, text: str) -> str:
        return self._answered(message(self.openid, text))

    def taps(self, menu_id: str, text: str = "1") -> str:
        return self._answered(message(self.openid, text, menu_id=menu_id))

    def clicks(self, key: str) -> str:
        return self._answered(event(self.openid, "CLICK", key))

    def sends(self, msg_type: str, **fields: str) -> str:
        return self._answered(message(self.openid, msg_type=msg_type, fields=dict(fields)))

    def follows(self, key: str = "") -> str:
        return self._answered(event(self.openid, "subscribe", key))

    def leaves(self) -> None:
        assert dispatcher.answer(event(self.openid, "unsubscribe")) is None

    def _answered(self, sent: Inbound) -> str:
        reply = dispatcher.answer(sent)
        assert reply is not None, "nothing was answered"
        if isinstance(reply, NewsArticle):
            assert reply.size <= 2048
            return f"{CARD}{reply.title}\n{reply.description}\n{reply.url}"
        assert len(reply.encode()) <= 2048
        return reply


@pytest.fixture
def phone(db: Database, noon: datetime) -> Callable[..., Phone]:
    """`phone()` is a stranger's; `phone(follower)` a known follower's."""
    make_person(), make_person()  # so that no follower's id is its person's id by chance
    strangers = count(1)

    def of(follower: Follower | None = None) -> Phone:
        return Phone(follower.openid if follower is not None else f"oStranger{next(strangers):019d}")

    return of
