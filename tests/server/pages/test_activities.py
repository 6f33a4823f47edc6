"""Member pages of activities: the queue, a move, materials, feedback."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from peewee import Database

import clock
import config
from models.accounts import AccountRoleKind
from models.activities import Activity, Feedback, SignUpStatus
from models.people import Follower
from services import activities
from services.activities import feedback, materials
from tests.factories import make_account, make_activity, make_member, make_person, make_sign_up
from tests.server.pages.conftest import Enter

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def member(db: Database) -> Follower:
    return make_member()


def post(client: FlaskClient, page: str, act: str = "", **values: str):
    """Press a button of the page."""
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get(page).text)
    return client.post(f"{page}{act}", data={"csrf": token[1] if token else "", **values})


def status(activity: Activity, member: Follower) -> SignUpStatus:
    return activities.sign_up_of(activity, member.person).status


def test_a_member_waits_is_offered_the_seat_and_takes_it(enter: Enter, member: Follower) -> None:
    activity, first = make_activity(seats=1), make_person()
    activities.sign_up(activity, first)
    client, page = enter(member), f"/m/activities/{activity.id}"
    assert "排队候补" in client.get(page).text

    post(client, page, "/wait")
    assert "您在候补第1位" in client.get(page).text
    assert "候补中" in client.get("/m/sign-ups").text
    activities.cancel_sign_up(activity, first)
    assert "有名额了，为您保留到" in client.get(page).text
    post(client, page, "/sign-up")

    assert status(activity, member) is SignUpStatus.SIGNED_UP
    assert "✓ 您已报名" in client.get(page).text


def test_an_offer_that_lapsed_is_told(enter: Enter, member: Follower) -> None:
    activity, first = make_activity(seats=1, offer_hours=1), make_person()
    activities.sign_up(activity, first)
    activities.wait(activity, member.person)
    activities.wait(activity, make_person())
    activities.cancel_sign_up(activity, first)
    client, page = enter(member), f"/m/activities/{activity.id}"
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get(page).text)
    clock.advance(timedelta(hours=1))

    answer = client.post(f"{page}/sign-up", data={"csrf": token[1]})

    assert answer.status_code == 409
    assert "名额保留的时间已过" in answer.text
    assert "排队候补" in answer.text


def test_a_move_asks_whether_one_still_comes(enter: Enter, member: Follower) -> None:
    activity = make_activity(place="一号报告厅")
    activities.sign_up(activity, member.person)
    activities.update(activity, {"place": "二号厅"}, version=1, actor=None)
    client, page = enter(member), f"/m/activities/{activity.id}"

    asked = client.get(page).text
    post(client, page, "/keep")
    kept = client.get(page).text

    assert "地点改为二号厅（原一号报告厅）" in asked
    assert "让出名额" in asked
    assert "时间或地点有变动" not in kept
    assert "✓ 您已报名" in kept


def test_who_is_offered_a_seat_confirms_it_also_after_a_move(enter: Enter, member: Follower) -> None:
    activity, first = make_activity(seats=1), make_person()
    activities.sign_up(activity, first)
    activities.wait(activity, member.person)
    activities.cancel_sign_up(activity, first)
    activities.update(activity, {"place": "二号厅"}, version=1, actor=None)

    assert "确认参加" in enter(member).get(f"/m/activities/{activity.id}").text


def test_who_signs_up_after_a_move_is_not_asked(enter: Enter, member: Follower) -> None:
    activity = make_activity()
    activities.update(activity, {"place": "二号厅"}, version=1, actor=None)
    clock.advance(timedelta(minutes=1))
    activities.sign_up(activity, member.person)

    assert "时间或地点有变动" not in enter(member).get(f"/m/activities/{activity.id}").text


def test_a_clash_is_named_before_signing_up(enter: Enter, member: Follower) -> None:
    make_sign_up(make_activity(title="教学沙龙"), member.person)
    beside = make_activity()

    assert "时间冲突：同一时间您还报名了“教学沙龙”" in enter(member).get(f"/m/activities/{beside.id}").text


def test_materials_are_for_who_signed_up(
    enter: Enter, member: Follower, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config.settings(), "storage_url", f"file://{tmp_path}")
    activity = make_activity()
    host = make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=activity.member_unit)
    kept = materials.add(activity, b"%PDF-1", "课件.pdf", title="课件", opens_to_all=False, actor=host)
    client, page = enter(member), f"/m/activities/{activity.id}"
    file = f"{page}/materials/{kept.id}"

    assert client.get(file).status_code == 404
    assert "课件" not in client.get(page).text
    activities.sign_up(activity, member.person)
    assert file in client.get(page).text
    assert client.get(file).data == b"%PDF-1"
    assert "no-store" in client.get(file).headers["Cache-Control"]


def test_feedback_keeps_what_was_chosen_and_counts_once(enter: Enter, member: Follower) -> None:
    activity = make_activity(starts_at=clock.utc_now() - timedelta(hours=3))
    make_sign_up(activity, member.person)
    client, page = enter(member), f"/m/activities/{activity.id}/feedback"
    grades = dict.fromkeys(feedback.ITEMS, "3")

    assert "评价这次活动" in client.get(f"/m/activities/{activity.id}").text
    wrong = post(client, page, text="讲得好", **(grades | {"place": ""}))
    assert wrong.status_code == 422
    assert "请给“场地与环境”选一项" in wrong.text
    assert "讲得好" in wrong.text
    assert wrong.text.count(" checked") == 4
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', wrong.text)[1]
    done = client.post(page, data={"csrf": token, "text": "讲得好", **grades})
    again = client.post(page, data={"csrf": token, **grades})

    assert "已收到，谢谢" in done.text
    assert again.status_code == 409
    assert Feedback.select().count() == 1
    assert "您已评价过" in client.get(page).text


def test_who_was_named_by_the_unit_reads_so_and_may_cancel(enter: Enter, member: Follower) -> None:
    from services.activities import invitations, unit_answers

    activity = make_activity(seats=5)
    made = invitations.invite(
        activity, {member.person.member_unit_id: 1}, clock.utc_now() + timedelta(days=1), actor=None
    )
    unit_answers.name(made[0], [member.person_id], actor=None)
    client, page = enter(member), f"/m/activities/{activity.id}"

    assert "您的单位已为您报名" in client.get(page).text
    post(client, page, "/cancel")

    assert status(activity, member) is SignUpStatus.CANCELLED


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (SignUpStatus.SIGNED_UP, "✓ 已报名"),
        (SignUpStatus.WAITING, "候补中"),
        (SignUpStatus.CANCELLED, "名额已满，可以候补"),
    ],
)
@pytest.mark.parametrize("page", ["/m/", "/m/activities"])
def test_lists_say_what_the_member_has_there(
    enter: Enter, page: str, status: SignUpStatus, words: str
) -> None:
    follower = make_member()
    activity = make_activity(seats=1)
    make_sign_up(activity, make_person())
    make_sign_up(activity, follower.person, status)

    shown = enter(follower).get(page).text

    assert words in shown
    assert shown.count("card__state") == 1 + (status is SignUpStatus.SIGNED_UP)


def test_a_list_offers_no_queue_once_sign_up_is_closed(enter: Enter) -> None:
    activity = make_activity(seats=1, sign_up_closes_at=clock.utc_now())
    make_sign_up(activity, make_person())

    assert "报名已截止" in enter(make_member()).get("/m/activities").text
