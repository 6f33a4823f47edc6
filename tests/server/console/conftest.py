"""The console in tests: `sign_in(account)` gives a client that is that account."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

import clock
from models.accounts import Account
from tests.statements import count_statements

__all__ = ["count_statements", "sign_in"]

SignIn = Callable[[Account], FlaskClient]


@pytest.fixture
def sign_in(app: Flask) -> SignIn:
    """Opens a session without the sign-in page (argon2 is slow) and without CSRF checks."""
    app.config["WTF_CSRF_METHODS"] = set()

    def signed_in(account: Account) -> FlaskClient:
        if account.password_changed_at is None:
            account.password_changed_at = clock.utc_now()
            account.save(only=[Account.password_changed_at])
        client = app.test_client()
        with client.session_transaction(path="/console/") as session:
            session["_user_id"] = f"{account.id}:{account.session_version}"
            session["_fresh"] = True
            session["seen_at"] = int(clock.timestamp())
        return client

    return signed_in
