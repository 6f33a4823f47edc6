"""The API's own rules: who may, what is refused and how, a request sent twice, what it describes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import openapi
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

import clock
from models.activities import SignUp, SignUpStatus
from models.api_tokens import ApiReply
from sandbox.testing import Sandbox
from server.mini import limits
from server.mini.api import ADDRESS
from services import activities, check_ins
from services.activities import invitations
from tests.factories import make_activity, make_person, make_sign_up, make_unit
from tests.factories.check_ins import make_runner, make_running, shown

pytestmark = pytest.mark.usefixtures("noon")

NOWHERE = "987654321"
EVERY = list(HealthCheck)


def routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Method, path with an id that is nobody's, and permission of every route."""
    api: APIFlask = app.extensions["mini_api"]
    for rule in api.url_map.iter_rules():
        if not rule.rule.startswith(ADDRESS):
            continue
        permission = getattr(api.view_functions[rule.endpoint], "permission", "")
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}:
            yield method, re.sub(r"<[^>]+>", NOWHERE, rule.rule), permission


def ask(app: Flask, method: str, path: str, token: str = "") -> Any:
    headers = {"Idempotency-Key": f"walk-{hash((method, path, token)) & 0xFFFFFFFF}"}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    return app.test_client().open(path, method=method, json={} if method == "POST" else None, headers=headers)


def test_every_route_names_who_may_and_lets_nobody_else_in(app: Flask, phone) -> None:
    for method, path, permission in routes(app):
        assert permission in {"member", "signed_in", "open_to_all"}, path
        unbound = phone(is_bound=False).token
        signed_out, stranger = ask(app, method, path), ask(app, method, path, unbound)
        if permission == "open_to_all":
            assert signed_out.status_code in (200, 422), path
            continue
        assert (signed_out.status_code, signed_out.json["code"]) == (401, "signed_out"), path
        assert (stranger.status_code == 403) == (permission == "member"), path


def test_another_units_activity_is_not_there(phone) -> None:
    mine = phone(make_person())
    other = make_activity(is_shared=False)

    assert mine.get(f"/activities/{other.id}").status_code == 404
    assert mine.post(f"/activities/{other.id}/sign-up").status_code == 404
    assert mine.get("/activities").json["activities"] == []


def test_who_does_not_run_the_activity_sees_no_name(phone) -> None:
    activity = make_running()
    person = make_person(name="方小庆")
    make_sign_up(activity, person)
    colleague, stranger = (
        make_person(member_unit=activity.member_unit),
        make_runner(make_running().member_unit),
    )

    for who in (colleague, stranger, person):
        mine = phone(who)
        for path in ("", "/sheet"):
            answer = mine.get(f"/activities/{activity.id}/check-in{path}")
            assert answer.status_code == 404
            assert "方小庆" not in answer.text
        assert mine.post(f"/activities/{activity.id}/check-in").status_code == 404


def test_a_post_sent_twice_is_one_act_with_one_reply(phone) -> None:
    person = make_person()
    mine = phone(person)
    activity = make_activity(seats=5)
    path = f"/activities/{activity.id}"

    first = mine.post(f"{path}/sign-up", key="sign-up-0001")
    mine.post(f"{path}/cancel")
    again = mine.post(f"{path}/sign-up", key="sign-up-0001")

    assert first.json["is_signed_up"] is True
    assert again.get_data() == first.get_data()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert mine.get(path).json["is_signed_up"] is False  # the repeat did nothing
    assert SignUp.select().count() == 1


def test_places_kept_for_units_and_offers_are_not_free(phone) -> None:
    activity = make_activity(seats=3)
    make_sign_up(activity, make_person(), SignUpStatus.OFFERED)
    answer_by = activity.starts_at - timedelta(days=1)
    invitations.invite(activity, {make_unit().id: 2}, answer_by, actor=None)
    mine = phone(make_person())

    card = mine.get("/activities").json["activities"][0]
    told = mine.get(f"/activities/{activity.id}").json

    assert (card["seats_left"], told["seats_left"], told["has_room"]) == (0, 0, False)
    assert mine.post(f"/activities/{activity.id}/sign-up").json["code"] == "activity_full"


def test_waiting_an_offer_and_leaving_the_queue(phone) -> None:
    activity, first = make_activity(seats=1), make_person()
    activities.sign_up(activity, first)
    path = f"/activities/{activity.id}"
    ahead, mine = phone(make_person()), phone(make_person())

    assert ahead.post(f"{path}/wait").json["queue_place"] == 1
    told = mine.post(f"{path}/wait").json
    assert (told["standing"], told["queue_place"], told["is_signed_up"]) == ("waiting", 2, False)
    assert mine.get("/sign-ups").json["activities"][0]["standing"] == "waiting"
    activities.cancel_sign_up(activity, first)
    offered = ahead.get(path).json
    assert offered["standing"] == "offered"
    assert offered["offered_until"] > offered_now()
    assert ahead.post(f"{path}/cancel").json["standing"] == "cancelled"
    confirmed = mine.post(f"{path}/sign-up").json

    assert (confirmed["standing"], confirmed["queue_place"], confirmed["seats_left"]) == (
        "signed_up",
        None,
        0,
    )


def test_a_unit_that_is_full_leaves_no_room_to_its_people(phone) -> None:
    activity, person = make_activity(unit_seats=1), make_person()
    make_sign_up(activity, make_person(member_unit=person.member_unit))

    told = phone(person).get(f"/activities/{activity.id}").json

    assert (told["seats_left"], told["has_room"]) == (None, False)


def offered_now() -> str:
    return f"{clock.utc_now():%Y-%m-%dT%H:%M:%SZ}"


def test_the_same_key_with_another_request_is_refused(phone) -> None:
    mine = phone(make_person())
    activity = make_activity()
    mine.post(f"/activities/{activity.id}/sign-up", key="the-same-key")

    other = mine.post(f"/activities/{activity.id}/cancel", key="the-same-key")

    assert (other.status_code, other.json["code"]) == (409, "idempotency_key_reused")
    assert SignUp.get().status == "signed_up"


def test_a_refusal_is_kept_too_and_undoes_the_act_alone(phone) -> None:
    mine, other = phone(make_person()), phone(make_person())
    activity = make_activity(seats=1)
    other.post(f"/activities/{activity.id}/sign-up")

    told = [mine.post(f"/activities/{activity.id}/sign-up", key="no-seat-0001") for _ in range(2)]

    assert [(each.status_code, each.json["code"]) for each in told] == [(409, "activity_full")] * 2
    assert ApiReply.select().count() == 2


def test_keys_of_two_people_do_not_meet(phone) -> None:
    activity = make_activity()
    for _ in range(2):
        answer = phone(make_person()).post(f"/activities/{activity.id}/sign-up", key="the-same-key")
        assert answer.status_code == 200
    assert SignUp.select().count() == 2


@pytest.mark.parametrize("key", ["short", "with space!", "x" * 65])
def test_a_post_without_a_proper_key_is_refused(phone, key: str) -> None:
    mine = phone(make_person())

    answer = mine.post(f"/activities/{make_activity().id}/sign-up", key=key)

    assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key")


def test_what_is_wrong_is_named_in_chinese_and_never_repeated(phone) -> None:
    mine = phone(make_person())

    answer = mine.post("/check-ins", {"six_digits": "13800000001"})
    nothing = mine.post("/check-ins", {})
    broken = mine.client.post(
        "/api/v1/check-ins",
        data=b'{"code": "secret-of-mine',
        headers={"Authorization": f"Bearer {mine.token}", "Idempotency-Key": "broken-0001"},
    )

    assert answer.status_code == 422
    assert answer.json["details"]["fields"] == {"six_digits": "不能超过 6 个字"}
    assert "1380" not in answer.text
    assert "二者取一" in nothing.json["message"]
    assert broken.status_code == 400
    assert set(broken.json) == {"code", "message", "details"}
    assert "secret-of-mine" not in broken.text


def test_other_sites_are_given_nothing_and_no_cookie_counts(phone, client) -> None:
    mine = phone(make_person())
    answer = client.get("/api/v1/me", headers={"Origin": "https://example.org"})
    client.set_cookie("member", mine.token)

    assert not [name for name in dict(answer.headers) if name.startswith("Access-Control")]
    assert client.get("/api/v1/me").status_code == 401
    assert "Set-Cookie" not in answer.headers


def test_an_unknown_address_and_a_wrong_method_are_problems_too(client) -> None:
    assert client.get("/api/v1/nowhere").json["code"] == "not_found"
    answer = client.put("/api/v1/me")
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert client.get("/api").status_code == 404
    assert client.get("/apix").content_type.startswith("text/html")


def test_too_many_requests_are_told_when_to_come_back(phone) -> None:
    mine = phone(make_person())
    wrong = {"phone": "13800000001", "invite_code": "ABCD2345"}

    told = [mine.post("/binding", wrong).status_code for _ in range(11)]
    last = mine.post("/binding", wrong)

    assert told[:10] == [422] * 10
    assert told[10] == 429
    assert last.json["code"] == "too_fast"
    assert int(last.headers["Retry-After"]) >= 1


def test_signing_in_is_counted_by_the_address_whatever_token_is_brought(
    client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SIGN_INS", "2/minute")

    told = [
        client.post(
            "/api/v1/sessions",
            json={},
            headers={"Authorization": f"Bearer made-up-{number}", "Idempotency-Key": f"key-{number:08d}"},
        ).status_code
        for number in range(3)
    ]

    assert told == [422, 422, 429]


def test_invented_tokens_share_the_limit_of_their_address(client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "EACH_ADDRESS", "3/minute")
    limits.limiter.reset()

    told = [
        client.get("/api/v1/me", headers={"Authorization": f"Bearer made-up-{number}"}).status_code
        for number in range(4)
    ]

    assert told == [401, 401, 401, 429]


def test_the_description_fits_the_answers(app: Flask, phone, sandbox: Sandbox) -> None:
    """Requests made from /api/openapi.json: no 500, nothing undescribed, answers of the told shape."""
    activity = make_running(is_shared=True)
    runner = make_runner(activity.member_unit)
    make_sign_up(activity, make_person())
    opening = check_ins.open_(activity, by=runner)
    check_ins.check_in(make_person(), code=shown(opening).address, at=opening.opened_at)
    token = phone(runner).token
    schema = openapi.from_wsgi("/api/openapi.json", app)
    checks = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    ]
    few = settings(
        max_examples=6, deadline=None, database=None, derandomize=True, suppress_health_check=EVERY
    )
    seen = []

    for operation in (found.ok() for found in schema.get_all_operations()):

        @few
        @given(case=operation.as_strategy())
        def each(case: Any) -> None:
            if "activity_id" in (case.path_parameters or {}):
                case.path_parameters["activity_id"] = activity.id
            case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=checks)

        each()
        seen.append(operation.label)

    assert len(seen) == len(list(routes(app)))
