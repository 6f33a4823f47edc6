"""Check-in by the API, from both sides; a phone that was offline; the push of a subscribe result."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

import clock
from models.check_ins import CheckIn, CheckInStatus
from services import check_ins
from tests.factories import make_activity, make_person, make_sign_up
from tests.factories.check_ins import make_check_in, make_opening, make_runner, make_running, shown

pytestmark = pytest.mark.usefixtures("noon")


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def test_the_organiser_opens_and_the_members_come(phone) -> None:
    activity = make_running(title="基层治理讲座")
    runner, member, late = make_runner(activity.member_unit), make_person(name="方小庆"), make_person()
    make_sign_up(activity, member), make_sign_up(activity, late)
    desk, mine = phone(runner), phone(member)
    path = f"/activities/{activity.id}/check-in"
    assert [each["id"] for each in desk.get("/running").json["activities"]] == [activity.id]

    before = desk.get(path).json
    opened = desk.post(path, {"takes_walk_ins": True}).json
    told = mine.post("/check-ins", {"code": opened["codes"][0]["address"]})
    again = mine.post("/check-ins", {"six_digits": opened["codes"][0]["six_digits"]})
    now = desk.get(path).json

    assert (before["is_open"], before["may_open"], before["codes"]) == (False, True, [])
    assert (opened["is_open"], opened["takes_walk_ins"], len(opened["codes"])) == (True, True, 4)
    assert told.json == {
        "outcome": "checked_in",
        "words": "签到成功：基层治理讲座",
        "came": True,
        "activity_id": activity.id,
        "title": "基层治理讲座",
    }
    assert again.json["outcome"] == "already"
    assert now["counts"] == {
        "expected": 2, "present": 1, "walk_ins": 0, "to_confirm": 0, "outside": 0, "absent": 1,
    }  # fmt: skip
    assert [(each["name"], each["way_words"]) for each in now["arrivals"]] == [("方小庆", "小程序扫码")]
    assert mine.get("/check-ins").json["check_ins"][0]["words"] == "已签到"
    assert mine.get(f"/activities/{activity.id}").json["check_in"]["status"] == "present"
    closed = desk.post(f"{path}/close").json
    assert (closed["is_open"], closed["codes"]) == (False, [])


def test_the_roll_by_the_phone_and_its_undo(phone) -> None:
    activity = make_running()
    person = make_person(name="方小庆")
    make_sign_up(activity, person)
    desk = phone(make_runner(activity.member_unit))
    path = f"/activities/{activity.id}/check-in"

    marked = desk.post(f"{path}/roll", {"marks": [{"person_id": person.id, "is_present": True}]})
    sheet = desk.get(f"{path}/sheet").json
    undone = desk.post(f"{path}/roll", {"marks": [{"person_id": person.id, "is_present": False}]})

    assert (marked.json["changed"], marked.json["counts"]["present"]) == (1, 1)
    assert [(line["name"], line["status"], line["way_words"]) for line in sheet["lines"]] == [
        ("方小庆", "present", "点名")
    ]
    assert undone.json["counts"]["present"] == 0


def test_what_was_scanned_offline_is_sent_once_and_waits_for_a_yes(noon: datetime, phone) -> None:
    activity = make_running()
    person = make_person()
    make_sign_up(activity, person)
    code = shown(make_opening(activity)).address
    mine, desk = phone(person), phone(make_runner(activity.member_unit))
    kept = {"code": code, "at": stamp(noon + timedelta(seconds=3))}

    with clock.fixed(noon + timedelta(minutes=40)):
        told = [mine.post("/check-ins", kept, key="queued-00001").json["outcome"] for _ in range(2)]
        waiting = desk.get(f"/activities/{activity.id}/check-in").json["counts"]
        confirmed = desk.post(f"/activities/{activity.id}/check-in/confirm")

    assert told == ["waits", "waits"]
    assert (waiting["present"], waiting["to_confirm"]) == (0, 1)
    assert (confirmed.json["changed"], confirmed.json["counts"]["present"]) == (1, 1)
    assert CheckIn.get().status is CheckInStatus.PRESENT


def test_a_location_is_taken_as_in_or_out(phone) -> None:
    activity = make_running()
    person = make_person()
    make_sign_up(activity, person)
    desk = phone(make_runner(activity.member_unit))
    hall = {"latitude": 31.8756, "longitude": 120.5559, "radius_m": 300}
    opened = desk.post(f"/activities/{activity.id}/check-in", {"hall": hall}).json
    place = {"latitude": 31.95, "longitude": 120.5559}

    told = phone(person).post("/check-ins", {"code": opened["codes"][0]["address"], "place": place})

    assert told.json["came"]
    assert CheckIn.get().is_inside is False
    assert desk.get(f"/activities/{activity.id}/check-in").json["counts"]["outside"] == 1


def test_today_holds_what_begins_today(noon: datetime, phone) -> None:
    today = make_running()
    make_activity(starts_at=noon + timedelta(hours=13))  # after midnight in Shanghai

    mine = phone(make_person())

    assert [each["id"] for each in mine.get("/activities?scope=today").json["activities"]] == [today.id]
    assert len(mine.get("/activities").json["activities"]) == 2


def test_lists_cost_the_same_for_one_and_for_three(phone, count_statements) -> None:
    person = make_person()
    unit = person.member_unit
    mine, desk = phone(person), phone(make_runner(unit))
    costs = []
    for _ in range(3):
        activity = make_running(member_unit=unit)
        make_sign_up(activity, person)
        make_check_in(activity, person)
        asked = (
            lambda: mine.get("/activities"),
            lambda: mine.get("/sign-ups"),
            lambda: mine.get("/check-ins"),
            lambda: desk.get("/running"),
        )
        costs.append([count_statements(each) for each in asked])

    assert costs == [costs[0]] * 3


def test_the_live_list_costs_the_same_whoever_came(phone, count_statements) -> None:
    activity = make_running()
    make_opening(activity)
    desk = phone(make_runner(activity.member_unit))
    path = f"/activities/{activity.id}/check-in"
    costs = []
    for _ in range(3):
        person = make_person()
        make_sign_up(activity, person)
        make_check_in(activity, person)
        costs.append(
            [count_statements(lambda: desk.get(path)), count_statements(lambda: desk.get(f"{path}/sheet"))]
        )

    assert costs == [costs[0]] * 3


def test_a_check_in_by_the_api_costs_few_statements(phone, count_statements) -> None:
    activity = make_running()
    person = make_person()
    make_sign_up(activity, person)
    code = shown(make_opening(activity)).address
    mine = phone(person)

    # the token, the key, the opening, the row, the reply
    assert count_statements(lambda: mine.post("/check-ins", {"code": code})) == 5
    assert check_ins.counts(activity).present == 1
