"""A phone with the mini program: signed in through the sandbox's WeChat, or by a row made for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import clock
import config
from models.api_tokens import MiniSession
from models.people import Person
from models.sealing import keyed_hash
from sandbox.testing import Sandbox, running_sandbox
from services import mini_account
from tests.factories import make_follower
from tests.statements import count_statements
from wechat.client import Timeouts
from wechat.mini_program import make_mini_program
from wechat.token_stores import MemoryTokenStore

__all__ = ["count_statements"]

_numbers = count(1)


class Phone:
    """The API as the mini program asks it: a bearer token, a fresh key for each POST."""

    def __init__(self, client: FlaskClient, token: str = "") -> None:
        self.client = client
        self.token = token

    def get(self, path: str) -> TestResponse:
        return self.client.get(f"/api/v1{path}", headers=self._headers())

    def post(self, path: str, body: Any = None, *, key: str = "") -> TestResponse:
        headers = self._headers() | {"Idempotency-Key": key or f"key-{next(_numbers):08d}"}
        return self.client.post(f"/api/v1{path}", json={} if body is None else body, headers=headers)

    def delete(self, path: str) -> TestResponse:
        return self.client.delete(f"/api/v1{path}", headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}


@pytest.fixture
def phone(client: FlaskClient) -> Callable[..., Phone]:
    """`phone()` is signed out; `phone(person)` signed in and bound."""

    def of(person: Person | None = None, *, is_bound: bool = True) -> Phone:
        if person is None and is_bound:
            return Phone(client)
        follower = make_follower(app_id=config.settings().mini_app_id, person=person, is_following=False)
        token, now = f"token-{next(_numbers)}", clock.utc_now()
        MiniSession.create(
            follower=follower,
            token_hash=keyed_hash(token),
            last_seen_at=now,
            expires_at=now.replace(year=now.year + 1),
        )
        return Phone(client, token)

    return of


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """WeChat in a thread, and our mini program's client to it."""
    with running_sandbox() as running:
        settings = config.settings().model_copy(update={"wechat_api_url": running.url})
        program = make_mini_program(settings, MemoryTokenStore(), timeouts=Timeouts(2.0, 2.0))
        mini_account.set_program(program)
        try:
            yield running
        finally:
            mini_account.set_program(None)
