"""Where a person is signed in to the mini program, as the console shows and ends it."""

from __future__ import annotations

from datetime import timedelta

import pytest

import clock
import config
from models.accounts import AccountRoleKind
from models.api_tokens import MiniSession
from models.audit import AuditEntry
from models.people import Person
from models.sealing import keyed_hash
from tests.factories import make_account, make_follower, make_person

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def person(db) -> Person:
    """Somebody signed in on one phone."""
    made = make_person()
    follower = make_follower(app_id=config.settings().mini_app_id, person=made, is_following=False)
    now = clock.utc_now()
    MiniSession.create(
        follower=follower,
        token_hash=keyed_hash("token"),
        device="样例手机",
        last_seen_at=now,
        expires_at=now + timedelta(days=30),
    )
    return made


def test_a_lost_phone_is_signed_out_and_the_trail_says_so(person: Person, sign_in) -> None:
    client = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=person.member_unit))
    path = f"/console/people/{person.id}/mini-sessions"

    assert "小程序" in client.get(f"/console/people/{person.id}").text
    assert "样例手机" in client.get(path).text
    client.post(f"{path}/end")

    assert MiniSession.get().ended_at is not None
    assert "没有在小程序里登录" in client.get(path).text
    assert AuditEntry.get().action == "mini_session.ended"


def test_another_schools_person_is_not_there(person: Person, sign_in) -> None:
    client = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN))
    path = f"/console/people/{person.id}/mini-sessions"

    assert client.get(path).status_code == 404
    assert client.post(f"{path}/end").status_code == 404
    assert MiniSession.get().ended_at is None
