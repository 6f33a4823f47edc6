from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import clock
import models
from models.accounts import AccountRoleKind
from models.audit import AuditEntry
from models.base import make_database
from models.people import Consent, Follower, InviteCode, Person
from services import bindings, invite_codes
from services.errors import Invalid, NotFound
from tests.factories import make_account, make_follower, make_person, make_unit

pytestmark = pytest.mark.usefixtures("db", "noon")


def _code(person: Person) -> str:
    [(_, code)] = bindings.issue_codes([person.id], actor=None)
    return code


def _again(follower: Follower) -> Follower:
    return Follower.get_by_id(follower.id)


@given(
    code=st.text(alphabet=invite_codes.ALPHABET, min_size=8, max_size=8),
    full_width=st.booleans(),
    lower=st.booleans(),
    gap=st.sampled_from(["", " ", "-", "\u3000", "\u200b", " - "]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_code_is_read_however_it_is_typed(code: str, full_width: bool, lower: bool, gap: str) -> None:
    typed = code.lower() if lower else code
    typed = typed[:4] + gap + typed[4:]
    if full_width:
        typed = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in typed)

    assert invite_codes.normalise(f" {typed}。") == code
    assert invite_codes.looks_like_code(typed)


def test_ordinary_words_do_not_look_like_codes() -> None:
    assert not any(map(invite_codes.looks_like_code, ["需求征集", "12345678901", "hello", "ABCD0OIL", ""]))


def test_binding_shows_the_notice_and_waits_for_a_yes() -> None:
    person, follower = make_person(name="张晓明"), make_follower()

    words = bindings.begin(follower, "绑定 " + _code(person).lower())

    assert bindings.PRIVACY_NOTICE in words
    assert "张*明" in words
    assert "张晓明" not in words
    assert len(words.encode()) < 2000
    assert _again(follower).person_id is None
    assert bindings.is_waiting(_again(follower))

    assert bindings.agree(follower) == person

    assert _again(follower).person_id == person.id
    assert _again(follower).bound_at == clock.utc_now()
    [consent] = person.consents
    assert (consent.is_granted, consent.text_version) == (True, bindings.PRIVACY_NOTICE_VERSION)


def test_a_no_binds_nothing_and_leaves_the_code() -> None:
    person, follower = make_person(), make_follower()
    code = _code(person)
    bindings.begin(follower, code)

    bindings.refuse(follower)

    assert not bindings.is_waiting(follower)
    assert [c.is_granted for c in person.consents] == [False]
    with pytest.raises(Invalid):
        bindings.agree(follower)
    bindings.begin(follower, code)
    assert bindings.agree(follower) == person


def test_a_code_binds_once() -> None:
    person, first, second = make_person(), make_follower(), make_follower()
    code = _code(person)
    bindings.begin(first, code)
    bindings.begin(second, code)
    bindings.agree(first)

    with pytest.raises(Invalid):
        bindings.agree(second)

    assert "已经使用过" in bindings.begin(second, code)
    assert _again(second).person_id is None


def test_a_code_expires_even_between_code_and_yes() -> None:
    person, follower = make_person(), make_follower()
    code = _code(person)
    bindings.begin(follower, code)
    clock.advance(invite_codes.VALID_FOR)

    with pytest.raises(Invalid):
        bindings.agree(follower)

    assert "已过期" in bindings.begin(follower, code)


def test_five_wrong_codes_lock_for_an_hour() -> None:
    person, follower, other = make_person(), make_follower(), make_follower()
    code = _code(person)

    answers = [bindings.begin(follower, "ZZZZ9999") for _ in range(5)]

    assert "还可以再试 1 次" in answers[3]
    assert "60 分钟" in answers[4]
    assert "60 分钟" in bindings.begin(follower, code)  # the right code does not open the lock
    assert bindings.PRIVACY_NOTICE in bindings.begin(other, code)  # nor does it lock anybody else
    clock.advance(timedelta(hours=1))
    assert "还可以再试 4 次" in bindings.begin(follower, "ZZZZ9999")
    assert bindings.PRIVACY_NOTICE in bindings.begin(follower, code)


def test_a_success_forgets_the_wrong_tries() -> None:
    person, follower = make_person(), make_follower()
    for _ in range(4):
        bindings.begin(follower, "ZZZZ9999")
    bindings.begin(follower, _code(person))
    bindings.agree(follower)

    assert "还可以再试 4 次" in bindings.begin(follower, "ZZZZ9999")


def test_binding_from_a_new_wechat_moves_the_binding() -> None:
    person, old, new = make_person(), make_follower(), make_follower()
    elsewhere = make_follower(app_id="wxmini", person=person)
    bindings.begin(old, _code(person))
    bindings.agree(old)
    bindings.begin(new, _code(person))
    bindings.agree(new)

    assert _again(old).person_id is None
    assert _again(new).person_id == person.id
    assert _again(elsewhere).person_id == person.id


def test_a_wechat_bound_to_another_person_is_told_so() -> None:
    follower = make_follower(person=make_person(name="李四"))
    newcomer = make_person(name="王五")

    assert "此微信现绑定为 李*，同意后将改为 王*" in bindings.begin(follower, _code(newcomer))
    assert bindings.agree(follower) == newcomer
    assert "无需重复绑定" in bindings.begin(follower, _code(newcomer))


def test_unbinding_withdraws_the_consent() -> None:
    person = make_person()
    follower = make_follower(person=person)
    stranger = make_account(AccountRoleKind.SCHOOL_ADMIN)

    with pytest.raises(NotFound):
        bindings.unbind(follower, actor=stranger, source="console")
    bindings.unbind(follower)

    assert _again(follower).person_id is None
    assert [c.is_granted for c in person.consents] == [False]
    with pytest.raises(Invalid):
        bindings.unbind(follower)


def test_new_codes_end_the_older_ones_and_are_audited_without_the_code() -> None:
    unit = make_unit()
    people = [make_person(member_unit=unit) for _ in range(3)]
    actor = make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=unit)
    old = _code(people[0])

    issued = bindings.issue_codes([p.id for p in people], actor=actor)

    assert [p for p, _ in issued] == people
    assert "已作废" in bindings.begin(make_follower(), old)
    line = AuditEntry.select().order_by(AuditEntry.id.desc()).get()
    assert line.action == "invite_codes.issued"
    assert not any(code in line.details for _, code in issued)
    assert all(row.code_hash != row.code for row in InviteCode.select())


def test_codes_for_another_school_are_refused_whole() -> None:
    own, foreign = make_person(), make_person()
    actor = make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=own.member_unit)

    with pytest.raises(NotFound):
        bindings.issue_codes([own.id, foreign.id], actor=actor)
    with pytest.raises(Invalid):
        bindings.issue_codes([], actor=actor)

    assert InviteCode.select().count() == 0
    assert Consent.select().count() == 0


def test_of_two_that_agree_at_once_one_is_bound(tmp_path: Path) -> None:
    bound, made = models.db.obj, make_database(f"sqlite:///{tmp_path / 'race.db'}")
    models.db.initialize(made)
    start, outcomes = Barrier(2), []

    def agree(follower_id: int) -> None:
        with made.connection_context():
            follower = Follower.get_by_id(follower_id)
            start.wait()
            try:
                outcomes.append(bindings.agree(follower).name)
            except Invalid:
                outcomes.append("refused")

    try:
        with made.connection_context():
            made.create_tables(models.TABLES)
            person, followers = make_person(name="张三"), [make_follower(), make_follower()]
            code = _code(person)
            for follower in followers:
                bindings.begin(follower, code)
        threads = [Thread(target=agree, args=(follower.id,)) for follower in followers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with made.connection_context():
            holders = Follower.select().where(Follower.person == person).count()
    finally:
        models.db.initialize(bound)

    assert sorted(outcomes) == ["refused", "张三"]
    assert holders == 1
