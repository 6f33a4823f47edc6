from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

import clock
from models import trial_sends
from models.accounts import Account, AccountRoleKind
from models.activities import FeedbackVote
from models.api_tokens import ApiReply, MiniSession
from models.audiences import PersonList, PersonListMember
from models.audit import AuditEntry
from models.bindings import BindingRequest, BindingRequestStatus
from models.complaints import Complaint, ComplaintKind
from models.inbound import InboxItem, StaffReply, StaffReplyStatus
from models.messaging import Campaign, Delivery, DeliveryStatus
from models.people import Follower, InviteCode, Person, PersonRole, PersonRoleKind, Topic
from services import bindings, complaints, held_data, inbox, opt_ins, people, personal_data, staff_replies
from services.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import make_account, make_activity, make_follower

pytestmark = pytest.mark.usefixtures("db", "noon")


@pytest.fixture
def admin() -> Account:
    return make_account(AccountRoleKind.SCHOOL_ADMIN)


@pytest.fixture
def secretary() -> Account:
    return make_account(AccountRoleKind.SECRETARIAT)


def _make(actor: Account, **values: Any) -> Person:
    defaults: dict[str, Any] = {
        "name": "张晓明",
        "phone": "138 0013 8000",
        "member_unit": actor.member_unit_id,
        "position": "教员",
        "roles": [PersonRoleKind.INSTRUCTOR],
    }
    return people.create(**(defaults | values), actor=actor)


def test_a_person_is_found_by_phone_however_written(admin: Account) -> None:
    person = _make(admin)

    assert people.find_by_phone("１３８-0013-8000") == person
    assert people.find_by_phone("13800138001") is None
    assert people.find_by_phone("138") is None
    raw = Person.select(Person.phone_hash).dicts().get()
    assert "13800138000" not in str(raw)


def test_every_wrong_field_is_named(admin: Account) -> None:
    with pytest.raises(Invalid) as told:
        _make(admin, name="张3", phone="138", position="长" * 61, roles=[])

    assert set(told.value.fields) == {"name", "phone", "position", "roles"}


def test_a_phone_belongs_to_one_person(admin: Account) -> None:
    _make(admin)
    other = _make(admin, name="李四", phone="13800138001")

    with pytest.raises(Invalid) as created:
        _make(admin, name="王五")
    with pytest.raises(Invalid) as updated:
        people.update(
            other,
            name="李四",
            phone="13800138000",
            member_unit=admin.member_unit_id,
            position="",
            actor=admin,
        )

    assert set(created.value.fields) == set(updated.value.fields) == {"phone"}


def test_an_update_keeps_the_phone_unless_told_and_audits_names_of_fields(admin: Account) -> None:
    person = _make(admin)

    people.update(
        person, name="张晓鸣", phone="", member_unit=admin.member_unit_id, position="教员", actor=admin
    )

    stored = Person.get()
    assert (stored.name, stored.phone) == ("张晓鸣", "13800138000")
    assert AuditEntry.select().order_by(AuditEntry.id.desc()).get().details == '{"changed": ["姓名"]}'


def test_another_school_is_not_even_there(admin: Account) -> None:
    stranger = make_account(AccountRoleKind.SCHOOL_ADMIN)
    person = _make(admin)
    calls = [
        lambda: people.find(person.id, actor=stranger),
        lambda: people.add_role(person, PersonRoleKind.LIAISON, actor=stranger),
        lambda: people.end_role(PersonRole.get().id, actor=stranger),
        lambda: personal_data.unmask(person, reason="核对信息", actor=stranger),
        lambda: personal_data.erase(person, reason="本人要求", actor=stranger),
        lambda: personal_data.export(person, reason="本人要求", actor=stranger),
        lambda: _make(stranger, member_unit=admin.member_unit_id, phone="13800138009"),
        lambda: people.update(
            person, name="x", phone="", member_unit=stranger.member_unit_id, position="", actor=stranger
        ),
    ]

    for call in calls:
        with pytest.raises(NotFound):
            call()

    assert people.search(stranger).count() == 0
    assert people.search(stranger, text="13800138000").count() == 0
    assert people.search(stranger, unit=admin.member_unit_id).count() == 0


def test_search_finds_by_name_phone_role_and_binding(admin: Account, secretary: Account) -> None:
    first = _make(admin)
    second = _make(admin, name="李四", phone="13800138001", roles=[PersonRoleKind.TRAINEE])
    make_follower(person=first)

    assert list(people.search(secretary, text="晓 明")) == [first]
    assert list(people.search(admin, text="+86 138-0013-8001")) == [second]
    assert list(people.search(admin, role=PersonRoleKind.TRAINEE)) == [second]
    assert list(people.search(admin, is_bound=False)) == [second]
    assert people.search(secretary, unit=admin.member_unit_id).count() == 2
    assert people.bound_among([first.id, second.id]) == {first.id}


def test_roles_begin_and_end(admin: Account, noon: datetime) -> None:
    person = _make(admin)
    people.add_role(person, PersonRoleKind.LIAISON, valid_to=date(2026, 12, 31), actor=admin)
    assert people.roles_today([person.id]) == {person.id: ["教师", "联络员"]}

    clock.advance(timedelta(days=60))
    assert people.roles_today([person.id]) == {person.id: ["教师"]}
    with pytest.raises(Invalid):
        people.add_role(person, PersonRoleKind.LIAISON, valid_to=date(2026, 1, 1), actor=admin)


def test_unmasking_needs_a_reason_and_leaves_a_line(admin: Account) -> None:
    person = _make(admin)
    liaison = make_account(AccountRoleKind.LIAISON, member_unit=admin.member_unit)

    with pytest.raises(Invalid):
        personal_data.unmask(person, reason=" 看 ", actor=admin)
    with pytest.raises(NotAllowed):
        personal_data.unmask(person, reason="电话通知", actor=liaison)
    assert personal_data.unmask(person, reason="电话通知", actor=admin) == "13800138000"

    line = AuditEntry.select().order_by(AuditEntry.id.desc()).get()
    assert (line.action, line.subject_id, "电话通知" in line.details) == (
        "person.unmasked",
        str(person.id),
        True,
    )
    assert "13800138000" not in line.details


def test_erasing_leaves_nothing_that_names_the_person(admin: Account) -> None:
    person = _make(admin)
    follower = make_follower(person=person)
    opt_ins.set_topic(person, Topic.SALON, True, source="test")
    bindings.issue_codes([person.id], actor=admin)

    personal_data.erase(person, reason="本人要求删除", actor=admin)

    stored = Person.get()
    assert (stored.name, stored.phone, stored.phone_hash, stored.position) == ("已注销", None, None, "")
    assert Follower.get_by_id(follower.id).person_id is None
    assert opt_ins.topics_of(stored) == set()
    assert InviteCode.select().count() == 0
    assert people.search(admin).count() == 0
    with pytest.raises(Conflict):
        personal_data.erase(person, reason="本人要求删除", actor=admin)
    with pytest.raises(Conflict):
        people.update(
            stored, name="张晓明", phone="", member_unit=admin.member_unit_id, position="", actor=admin
        )


def test_an_update_begun_before_the_erasure_does_not_write_over_it(admin: Account) -> None:
    person = _make(admin)
    seen_before = Person.get_by_id(person.id)
    personal_data.erase(person, reason="本人要求删除", actor=admin)

    with pytest.raises(Conflict):
        people.update(
            seen_before, name="李四", phone="", member_unit=admin.member_unit_id, position="", actor=admin
        )

    assert Person.get_by_id(person.id).name == personal_data.ERASED_NAME


def test_an_export_holds_what_is_kept(admin: Account) -> None:
    person = _make(admin)
    make_follower(person=person)
    opt_ins.set_topic(person, Topic.SALON, True, source="chat_word")
    listed = PersonList.create(name="长期请假", reason="本人请假", member_unit=admin.member_unit)
    PersonListMember.create(list=listed, person=person)

    told = personal_data.export(person, reason="本人书面要求", actor=admin)

    assert told["手机号"] == "13800138000"
    assert told["身份"][0]["身份"] == "教师"
    assert told["订阅"]["沙龙"]["开启"] is True
    assert told["所在名单"] == [{"名单": "长期请假", "理由": "本人请假"}]
    assert ("所在名单", ["长期请假：本人请假"]) in held_data.in_words(person)
    assert told["微信绑定"] == [{"应用": "公众号", "绑定时间": "2026-11-23 12:00", "正在关注": True}]
    assert len(told["同意记录"]) == 1


def test_an_export_by_staff_wants_a_reason_and_tells_of_no_complaint(admin: Account) -> None:
    """A school would read what its member told the secretariat without a name."""
    follower = make_follower(person=_make(admin))
    complaints.submit(follower, ComplaintKind.COMPLAINT, "食堂总是关门", hides_name=True)
    answers = complaints.submit(follower, ComplaintKind.OPINION, "停车位太少")
    secretary = make_account(AccountRoleKind.SECRETARIAT)
    complaints.answer(answers, "已增加车位", version=1, once="a", actor=secretary)
    Delivery.create(campaign=Campaign.get(), person=follower.person, chunk=0, status=DeliveryStatus.ACCEPTED)

    liaison = make_account(AccountRoleKind.LIAISON, member_unit=admin.member_unit)
    with pytest.raises(Invalid):
        personal_data.export(follower.person, reason="", actor=admin)
    with pytest.raises(NotAllowed):
        personal_data.export(follower.person, reason="本人书面要求", actor=liaison)
    FeedbackVote.create(activity=make_activity(title="红色讲坛"), person=follower.person)
    told = str(personal_data.export(follower.person, reason="本人书面要求", actor=admin))
    own = str(personal_data.export_own(follower.person))

    assert not [each for each in ("食堂", "停车位", "车位", "意见答复", "红色讲坛") if each in told]
    assert "食堂总是关门" in own
    entry = AuditEntry.get(AuditEntry.action == "person.exported")
    assert "本人书面要求" in entry.details


def test_erasing_reaches_letters_answers_sign_ins_and_what_waits(admin: Account) -> None:
    follower = make_follower(person=_make(admin))
    item = inbox.keep(follower, "我是张晓明，请回电 13800138000")
    reply = staff_replies.begin(follower, "张老师您好", once="a", actor=admin, item=item, as_rider=True)
    complaint = complaints.submit(follower, ComplaintKind.OPINION, "停车位太少", contact="13800138000")
    unmatched = BindingRequest.create(
        follower=follower, member_unit=admin.member_unit, name="张晓明", digits="8000",
        status=BindingRequestStatus.OPEN, way="word", moved_at=clock.utc_now(),
    )  # fmt: skip
    now = clock.utc_now()
    MiniSession.create(follower=follower, token_hash="h", device="iPhone", last_seen_at=now, expires_at=now)
    ApiReply.create(follower=follower, key="k" * 8, request_hash="h", status=200, body="张晓明")
    trial_sends.Tester.create(member_unit=admin.member_unit, person=follower.person, added_by=admin)
    listed = PersonList.create(name="长期请假", reason="本人请假", member_unit=admin.member_unit)
    PersonListMember.create(list=listed, person=follower.person)

    personal_data.erase(follower.person, reason="本人要求删除", actor=admin)

    assert InboxItem.get_by_id(item.id).text == personal_data.ERASED_TEXT
    kept = StaffReply.get_by_id(reply.id)
    assert (kept.text, kept.status) == (personal_data.ERASED_TEXT, StaffReplyStatus.WITHDRAWN)
    assert Complaint.get_by_id(complaint.id).contact is None
    assert PersonListMember.select().count() == 0
    request = BindingRequest.get_by_id(unmatched.id)
    assert (request.name, request.digits) == (None, None)
    assert not any(each.select().exists() for each in (MiniSession, ApiReply, trial_sends.Tester))


def test_the_persons_own_file_names_letters_answers_votes_and_phones(admin: Account) -> None:
    follower = make_follower(person=_make(admin))
    item = inbox.keep(follower, "停车怎么走")
    staff_replies.begin(follower, "从东门进", once="a", actor=admin, item=item, as_rider=True)
    FeedbackVote.create(activity=make_activity(title="红色讲坛"), person=follower.person)
    now = clock.utc_now()
    MiniSession.create(
        follower=follower, token_hash="h", device="iPhone", last_seen_at=now, expires_at=now + timedelta(1)
    )

    told = personal_data.export_own(follower.person)

    assert told["给工作人员的留言"][0]["内容"] == "停车怎么走"
    assert told["工作人员的答复"][0]["内容"] == "从东门进"
    assert told["活动评价"] == [{"活动": "红色讲坛"}]
    assert told["小程序登录"][0]["手机"] == "iPhone"
    assert told["试收推送"] is False
