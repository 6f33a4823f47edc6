"""Binding by a unit's word or code: what the member sends, and what a liaison decides."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

import clock
from models.accounts import Account, AccountRoleKind
from models.alliance import MemberUnit
from models.audit import AuditEntry
from models.automatic_notices import AutomaticNoticePerson
from models.bindings import BindingRequest, BindingRequestKind, BindingRequestStatus
from models.people import Consent, Follower, Person
from models.sealing import keyed_hash
from services import binding_decisions, binding_requests, bindings, roster_match, unit_bindings
from services.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import make_account, make_follower, make_person, make_unit

pytestmark = pytest.mark.usefixtures("db", "noon")


def on_roster(unit: MemberUnit, name: str = "张晓明", phone: str = "13800005678") -> Person:
    return make_person(name=name, member_unit=unit, phone=phone, phone_hash=keyed_hash(phone))


def liaison_of(unit: MemberUnit) -> Account:
    return make_account(AccountRoleKind.LIAISON, member_unit=unit)


def again(follower: Follower) -> Follower:
    return Follower.get_by_id(follower.id)


def submitted(unit: MemberUnit, name: str = "李新", digits: str = "4321") -> tuple[Follower, BindingRequest]:
    """Somebody whom the roster does not know asks the liaison."""
    follower = make_follower()
    binding_requests.start(follower, unit, way="qr")
    binding_requests.tell(follower, name, digits)
    binding_requests.apply(follower)
    assert bindings.agree(follower) is None
    return follower, BindingRequest.get(BindingRequest.follower == follower)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("张晓明 5678", ("张晓明", "5678")),
        ("张晓明，５６７８。", ("张晓明", "5678")),
        ("张晓明13800005678", ("张晓明", "5678")),
        ("阿卜杜拉·买买提 0001", ("阿卜杜拉·买买提", "0001")),
        ("张 晓明　5678", ("张晓明", "5678")),
        ("5678", None),
        ("最新讲座", None),
        ("期刊 2026", ("期刊", "2026")),
        ("张晓明 567", None),
        ("", None),
    ],
)
def test_name_and_digits_are_read_however_they_are_typed(text: str, given: tuple[str, str] | None) -> None:
    assert roster_match.read(text) == given


def test_name_and_digits_on_the_roster_bind_after_a_yes() -> None:
    unit, follower = make_unit(), make_follower()
    person = on_roster(unit)
    on_roster(unit, phone="13900001111")  # of the same name
    on_roster(make_unit(), phone="13700005678")  # of another unit

    assert "姓名 手机号后四位" in binding_requests.start(follower, unit, way="qr")
    said = binding_requests.tell(follower, "张晓明", "5678")

    assert bindings.PRIVACY_NOTICE in said
    assert "张晓明" not in said
    assert again(follower).person_id is None
    assert bindings.agree(again(follower)) == person
    assert again(follower).person_id == person.id
    assert [(c.is_granted, c.source) for c in person.consents] == [(True, "chat")]
    kept = BindingRequest.get()
    assert (kept.status, kept.name, kept.digits) == (BindingRequestStatus.APPROVED, None, None)
    assert not binding_requests.is_filling_in(again(follower))


def test_a_no_keeps_nothing_that_was_given() -> None:
    unit, follower = make_unit(), make_follower()
    on_roster(unit)
    binding_requests.start(follower, unit, way="qr")
    binding_requests.tell(follower, "张晓明", "5678")

    bindings.refuse(again(follower))

    kept = BindingRequest.get()
    assert (kept.status, kept.name, kept.digits) == (BindingRequestStatus.WITHDRAWN, None, None)
    assert again(follower).binding_request is None
    with pytest.raises(Invalid):
        bindings.agree(again(follower))


def test_guessing_digits_locks_at_the_fifth_try_and_binds_nobody() -> None:
    unit, follower = make_unit(), make_follower()
    on_roster(unit)
    binding_requests.start(follower, unit, way="qr")

    answers = [binding_requests.tell(follower, "张晓明", f"000{n}") for n in range(5)]

    assert "还可以再试 1 次" in answers[3]
    assert "60 分钟" in answers[4]
    assert "60 分钟" in binding_requests.tell(follower, "张晓明", "5678")
    assert "60 分钟" in bindings.begin(follower, unit_bindings.ensure(unit.id).word)
    clock.advance(timedelta(hours=1))
    assert bindings.PRIVACY_NOTICE in binding_requests.tell(follower, "张晓明", "5678")


def test_who_is_not_matched_asks_the_liaison_and_is_told_the_answer_once() -> None:
    unit = make_unit()
    follower, request = submitted(unit)

    assert request.kind is BindingRequestKind.UNMATCHED
    assert again(follower).person_id is None
    assert Consent.select().count() == 0
    person = binding_decisions.create(request, name="李新", phone="13700004321", actor=liaison_of(unit))

    assert again(follower).person_id == person.id
    assert [c.is_granted for c in person.consents] == [True]
    [told] = AutomaticNoticePerson.select().where(AutomaticNoticePerson.person == person)
    assert told.notice.headline == "绑定申请已通过"
    assert binding_requests.news(again(follower)) == ""  # the notice tells it
    assert {"person.created", "binding.approved"} <= {line.action for line in AuditEntry.select()}


def test_a_unit_that_asks_for_it_decides_each_binding_but_codes() -> None:
    unit, follower = make_unit(), make_follower()
    person, actor = on_roster(unit), liaison_of(unit)
    way = unit_bindings.of_unit(unit.id, actor=actor)
    unit_bindings.change(way, word="乐余党校", needs_approval=True, actor=actor)

    assert "绑定入口" in bindings.begin(follower, "绑定 乐余党校")
    assert "通过后完成绑定" in binding_requests.tell(follower, "张晓明", "5678")
    assert bindings.agree(follower) is None
    assert again(follower).person_id is None
    [request] = binding_decisions.waiting(actor)
    assert binding_decisions.candidates(request, actor=actor) == [person]
    binding_decisions.approve(request, person.id, actor=actor)

    assert again(follower).person_id == person.id
    other = make_follower()
    [(_, code)] = bindings.issue_codes([make_person(member_unit=unit).id], actor=None)
    bindings.begin(other, code)
    assert bindings.agree(other) is not None


def test_a_refusal_needs_a_reason_that_the_member_reads() -> None:
    unit = make_unit()
    follower, request = submitted(unit)
    actor = liaison_of(unit)

    with pytest.raises(Invalid):
        binding_decisions.refuse(request, reason=" 否 ", actor=actor)
    binding_decisions.refuse(request, reason="不在本单位名单", actor=actor)

    assert "不在本单位名单" in binding_requests.news(again(follower))
    assert again(follower).person_id is None
    with pytest.raises(Conflict):
        binding_decisions.refuse(request, reason="再说一次理由", actor=actor)
    assert "姓名" in binding_requests.start(again(follower), unit, way="qr")  # may try again


def test_digits_do_not_take_a_binding_from_another_wechat() -> None:
    unit, thief = make_unit(), make_follower()
    person = on_roster(unit)
    owner = make_follower(person=person)
    binding_requests.start(thief, unit, way="word")

    assert "另一个微信" in binding_requests.tell(thief, "张晓明", "5678")
    assert bindings.agree(thief) is None

    assert again(owner).person_id == person.id
    [request] = binding_decisions.waiting(liaison_of(unit))
    assert request.kind is BindingRequestKind.MOVED
    binding_decisions.approve(request, person.id, actor=liaison_of(unit))
    assert (again(owner).person_id, again(thief).person_id) == (None, person.id)


def test_a_binding_made_meanwhile_turns_the_yes_into_a_request() -> None:
    unit, follower = make_unit(), make_follower()
    person = on_roster(unit)
    binding_requests.start(follower, unit, way="word")
    binding_requests.tell(follower, "张晓明", "5678")
    owner = make_follower(person=person)

    assert bindings.agree(follower) is None

    assert again(owner).person_id == person.id


def test_a_code_used_meanwhile_takes_the_request_back() -> None:
    unit = make_unit()
    follower, request = submitted(unit)
    [(_, code)] = bindings.issue_codes([on_roster(unit).id], actor=None)
    bindings.begin(follower, code)
    bindings.agree(follower)

    with pytest.raises(Conflict, match="已撤回"):
        binding_decisions.approve(request, make_person(member_unit=unit).id, actor=liaison_of(unit))


def test_another_school_neither_sees_nor_decides() -> None:
    unit = make_unit()
    _, request = submitted(unit)
    stranger, reader = liaison_of(make_unit()), make_account(AccountRoleKind.COUNCIL_MEMBER)
    elsewhere = make_person()

    assert list(binding_decisions.waiting(stranger)) == []
    with pytest.raises(NotFound):
        binding_decisions.find(request.id, actor=stranger)
    with pytest.raises(NotFound):
        binding_decisions.refuse(request, reason="不认识这个人", actor=stranger)
    with pytest.raises(NotFound):
        unit_bindings.of_unit(unit.id, actor=stranger)
    with pytest.raises(NotAllowed):
        binding_decisions.refuse(request, reason="不认识这个人", actor=reader)
    with pytest.raises(NotFound):
        binding_decisions.approve(request, elsewhere.id, actor=liaison_of(unit))


def test_who_is_bound_or_waits_is_told_so_instead_of_asked_again() -> None:
    unit = make_unit()
    member = make_follower(person=on_roster(unit))
    waiting, _ = submitted(unit)

    assert "无需重复绑定" in binding_requests.start(member, unit, way="qr")
    assert "解除绑定" in binding_requests.start(member, make_unit(), way="qr")
    assert "已提交" in binding_requests.start(again(waiting), unit, way="qr")
    assert "不是联盟成员" in binding_requests.start(
        make_follower(), make_unit(valid_to=date(2026, 1, 1)), way="qr"
    )
    assert "姓名" in binding_requests.start(again(waiting), make_unit(), way="qr")  # the other request ends
    assert list(binding_decisions.waiting(make_account(AccountRoleKind.SECRETARIAT))) == []


def test_what_was_half_filled_in_is_dropped_after_a_day() -> None:
    unit = make_unit()
    half, whole = make_follower(), submitted(unit)[1]
    binding_requests.start(half, unit, way="qr")
    binding_requests.tell(half, "张晓明", "0000")
    clock.advance(timedelta(days=1, minutes=1))

    assert binding_requests.forget_old(clock.utc_now()) == 1

    assert not binding_requests.is_filling_in(again(half))
    assert BindingRequest.get_by_id(whole.id).name == "李新"


def test_words_are_one_units_own_and_never_look_like_a_code() -> None:
    unit, other = make_unit(), make_unit()
    actor = make_account(AccountRoleKind.SECRETARIAT)
    one, two = (unit_bindings.of_unit(each.id, actor=actor) for each in (unit, other))
    unit_bindings.change(one, word=" 乐余 党校 ", needs_approval=False, actor=actor)

    assert unit_bindings.by_word("绑定乐余党校") == unit
    assert unit_bindings.by_scene(f"qrscene_{unit_bindings.scene_of(unit.id)}") == unit
    assert unit_bindings.by_scene("lecture_7") is None
    for wrong in ("乐余党校", "一", "ABCD2345", "有 标点！a；b", ""):
        with pytest.raises(Invalid):
            unit_bindings.change(two, word=wrong, needs_approval=False, actor=actor)
