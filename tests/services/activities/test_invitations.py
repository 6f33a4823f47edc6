"""Units' places: kept, named, declined, given back, never oversold."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from peewee import Database

import clock
from models.accounts import AccountRoleKind
from models.activities import Activity, InvitationStatus, SignUp, SignUpStatus, UnitInvitation
from models.alliance import MemberUnit
from models.automatic_notices import AutomaticNotice, NoticeKind
from models.people import Person, PersonRole, PersonRoleKind
from services import activities
from services.activities import invitation_rows, invitations, unit_answers
from services.errors import DomainError, IllegalMove, Invalid, NotFound
from tests.factories import make_account, make_activity, make_person, make_unit

pytestmark = pytest.mark.usefixtures("noon")


def in_a_day() -> datetime:
    return clock.utc_now() + timedelta(days=1)


def make_liaison(unit: MemberUnit) -> Person:
    person = make_person(member_unit=unit)
    PersonRole.create(
        person=person, member_unit=unit, role=PersonRoleKind.LIAISON, valid_from=clock.local_today()
    )
    return person


def invited(places: int = 2, **values: object) -> tuple[Activity, UnitInvitation]:
    activity, unit = make_activity(**({"seats": 3} | values)), make_unit(short_name="乐余镇党校")
    made = invitations.invite(activity, {unit.id: places}, in_a_day(), actor=None)
    return activity, made[0]


def kinds() -> list[NoticeKind]:
    return [row.kind for row in AutomaticNotice.select().order_by(AutomaticNotice.id)]


def test_an_invitation_keeps_places_and_tells_the_units_liaisons(db: Database) -> None:
    activity, unit = make_activity(title="基层治理", seats=3), make_unit(short_name="乐余镇党校")
    make_liaison(unit)

    invitations.invite(activity, {unit.id: 2}, in_a_day(), actor=None)

    assert activities.seats_left(activity) == 1
    told = AutomaticNotice.get()
    assert told.headline == "请报送名单：基层治理"
    assert "请乐余镇党校安排2人参加，11月24日（周二）12:00前在后台“单位名额”中报送名单" in told.text
    line = invitation_rows.board(activity, actor=None)[0]
    assert (line.named, line.kept, line.liaisons, line.is_overdue) == (0, 2, 1, False)


def test_named_people_are_signed_up_and_told(db: Database) -> None:
    activity, invitation = invited()
    people = [make_person(member_unit=invitation.member_unit) for _ in range(2)]

    named = unit_answers.name(invitation, [person.id for person in people], actor=None)
    again = unit_answers.name(invitation, [person.id for person in people], actor=None)

    assert (len(named), again) == (2, [])
    assert {row.status for row in SignUp.select()} == {SignUpStatus.SIGNED_UP}
    assert {row.source for row in SignUp.select()} == {"unit"}
    assert kinds() == [NoticeKind.UNIT_NAMED]
    assert activities.seats_left(activity) == 1


@pytest.mark.parametrize("stranger", [True, False])
def test_too_many_or_strangers_are_refused_and_nothing_is_written(db: Database, stranger: bool) -> None:
    _, invitation = invited(places=1)
    one = make_person(member_unit=invitation.member_unit)
    other = make_person() if stranger else make_person(member_unit=invitation.member_unit)

    with pytest.raises(Invalid) as refused:
        unit_answers.name(invitation, [one.id, other.id], actor=None)

    assert refused.value.fields == {
        "people": "只能报送本单位的人员，请重新选择" if stranger else "本单位有1个名额，还能报1人，您选了2人"
    }
    assert SignUp.select().count() == 0


def test_what_is_declined_goes_to_who_waits(db: Database) -> None:
    activity, invitation = invited(seats=2)
    waits = make_person()
    activities.wait(activity, waits)
    assert activities.sign_up_of(activity, waits).status is SignUpStatus.WAITING

    with pytest.raises(Invalid):
        unit_answers.refuse(invitation, " ", actor=None)
    unit_answers.refuse(invitation, "当天有换届会议", actor=None)

    assert UnitInvitation.get().reason == "当天有换届会议"
    assert activities.sign_up_of(activity, waits).status is SignUpStatus.OFFERED
    with pytest.raises(IllegalMove):
        unit_answers.name(invitation, [make_person(member_unit=invitation.member_unit).id], actor=None)


def test_finishing_gives_the_rest_back_and_needs_somebody_named(db: Database) -> None:
    activity, invitation = invited()
    with pytest.raises(Invalid):
        unit_answers.finish(invitation, actor=None)
    unit_answers.name(invitation, [make_person(member_unit=invitation.member_unit).id], actor=None)
    with pytest.raises(Invalid) as refused:
        unit_answers.refuse(invitation, "不来了", actor=None)

    unit_answers.finish(invitation, actor=None)

    assert "已报送1人" in refused.value.message
    assert activities.seats_left(activity) == 2
    assert UnitInvitation.get().status is InvitationStatus.ANSWERED


def test_after_the_date_the_places_are_anybodys(db: Database) -> None:
    activity, invitation = invited()
    late = [make_person(member_unit=invitation.member_unit) for _ in range(2)]
    clock.advance(timedelta(days=1))
    for _ in range(2):
        activities.sign_up(activity, make_person())

    with pytest.raises(Invalid) as refused:
        unit_answers.name(invitation, [person.id for person in late], actor=None)
    named = unit_answers.name(invitation, [late[0].id], actor=None)

    assert refused.value.fields == {"people": "报送时间已过，未报的名额已放开，现在只剩1个空位"}
    assert len(named) == 1
    assert activities.seats_left(activity) == 0
    assert invitation_rows.board(activity, actor=None)[0].is_overdue


def test_who_had_a_seat_leaves_it_to_others_when_named(db: Database) -> None:
    activity, invitation = invited(places=1, seats=2)
    own = make_person(member_unit=invitation.member_unit)
    activities.sign_up(activity, own)
    waits = make_person()
    activities.wait(activity, waits)

    unit_answers.name(invitation, [own.id], actor=None)

    assert activities.sign_up_of(activity, waits).status is SignUpStatus.OFFERED
    assert activities.sign_up_of(activity, own).invitation == invitation


def test_a_person_taken_off_is_told_and_the_place_stays_the_units(db: Database) -> None:
    activity, invitation = invited(places=1)
    row = unit_answers.name(invitation, [make_person(member_unit=invitation.member_unit).id], actor=None)[0]

    unit_answers.unname(invitation, row.id, actor=None)
    with pytest.raises(NotFound):
        unit_answers.unname(invitation, row.id, actor=None)

    assert kinds() == [NoticeKind.UNIT_NAMED, NoticeKind.UNIT_UNNAMED]
    assert activities.seats_left(activity) == 2
    assert (
        len(unit_answers.name(invitation, [make_person(member_unit=invitation.member_unit).id], actor=None))
        == 1
    )


def test_more_places_than_seats_are_refused(db: Database) -> None:
    activity, unit = make_activity(seats=3), make_unit()
    activities.sign_up(activity, make_person())

    with pytest.raises(Invalid) as refused:
        invitations.invite(activity, {unit.id: 4}, in_a_day(), actor=None)

    assert refused.value.fields == {"places": "名额不够：还差2个。请减少各单位名额，或先增加活动名额"}
    assert UnitInvitation.select().count() == 0


@pytest.mark.parametrize(
    ("values", "hours", "field"),
    [({}, -1, "answer_by"), ({}, 72, "answer_by"), ({"is_shared": False}, 24, "units")],
)
def test_a_wrong_invitation_names_its_field(db: Database, values: dict, hours: int, field: str) -> None:
    activity, answer_by = make_activity(**values), clock.utc_now() + timedelta(hours=hours)

    with pytest.raises(Invalid) as refused:
        invitations.invite(activity, {make_unit().id: 1}, answer_by, actor=None)

    assert set(refused.value.fields) == {field}


def test_only_the_unit_answers_and_only_the_organiser_invites(db: Database) -> None:
    activity, invitation = invited()
    stranger = make_account(AccountRoleKind.SCHOOL_ADMIN)
    liaison = make_account(AccountRoleKind.LIAISON, member_unit=invitation.member_unit)
    person = make_person(member_unit=invitation.member_unit)

    for act in (
        lambda: unit_answers.name(invitation, [person.id], actor=stranger),
        lambda: unit_answers.refuse(invitation, "不来", actor=stranger),
        lambda: invitation_rows.find(invitation.id, actor=stranger),
        lambda: invitations.invite(activity, {stranger.member_unit_id: 1}, in_a_day(), actor=liaison),
        lambda: invitations.withdraw(invitation, actor=liaison),
        lambda: invitation_rows.board(activity, actor=liaison),
    ):
        with pytest.raises(NotFound):
            act()

    assert list(invitation_rows.of_unit(actor=liaison)) == [invitation]
    assert len(unit_answers.name(invitation, [person.id], actor=liaison)) == 1


def test_withdrawn_places_are_free_and_the_named_stay(db: Database) -> None:
    activity, invitation = invited()
    unit_answers.name(invitation, [make_person(member_unit=invitation.member_unit).id], actor=None)

    invitations.withdraw(invitation, actor=None)

    assert activities.seats_left(activity) == 2
    again = invitations.invite(activity, {invitation.member_unit_id: 2}, in_a_day(), actor=None)
    assert (again, activities.seats_left(activity)) == ([invitation], 1)


def test_units_that_have_not_answered_are_reminded_once(db: Database, noon: datetime) -> None:
    activity, invitation = make_activity(starts_at=noon + timedelta(days=9)), make_unit()
    make_liaison(invitation)
    made = invitations.invite(activity, {invitation.id: 2}, noon + timedelta(days=4), actor=None)[0]
    assert invitations.remind_due() == 0

    clock.set_fixed(noon + timedelta(days=3, hours=1))

    assert (invitations.remind_due(), invitations.remind_due()) == (1, 0)
    assert (invitations.remind(activity, actor=None), invitations.remind(activity, actor=None)) == (1, 1)
    assert kinds() == [NoticeKind.UNIT_INVITED, NoticeKind.UNIT_REMINDED, NoticeKind.UNIT_REMINDED]
    people = [make_person(member_unit=invitation).id for _ in range(2)]
    unit_answers.name(made, people, actor=None)
    assert invitations.remind(activity, actor=None) == 0


def test_two_liaisons_at_once_name_no_more_than_the_places(own_database: Database) -> None:
    with own_database.connection_context():
        activity, invitation = invited(places=3, seats=9)
        people = [make_person(member_unit=invitation.member_unit).id for _ in range(6)]
    start = Barrier(2)

    def act(number: int) -> int:
        with own_database.connection_context():
            start.wait()
            try:
                return len(unit_answers.name(invitation, people[number * 3 : number * 3 + 2], actor=None))
            except DomainError:
                return 0

    with ThreadPoolExecutor(2) as threads:
        got = sorted(threads.map(act, range(2)))

    with own_database.connection_context():
        assert got == [0, 2]
        assert SignUp.select().where(SignUp.activity == activity).count() == 2


def test_with_the_last_name_the_unit_has_answered(db: Database) -> None:
    activity, invitation = invited(places=2)
    people = [make_person(member_unit=invitation.member_unit).id for _ in range(3)]

    unit_answers.name(invitation, people[:1], actor=None)
    assert UnitInvitation.get().status is InvitationStatus.INVITED
    unit_answers.name(invitation, people[1:2], actor=None)

    line = invitation_rows.board(activity, actor=None)[0]
    assert line.invitation.status is InvitationStatus.ANSWERED
    assert (line.kept, line.hint) == (0, "")
    with pytest.raises(Invalid) as refused:
        unit_answers.name(invitation, people[2:], actor=None)
    assert "还能报0人" in refused.value.message


@pytest.mark.parametrize("is_late", [False, True])
def test_a_place_that_comes_free_in_time_is_the_units_again(db: Database, is_late: bool) -> None:
    activity, invitation = invited(places=1)
    named = make_person(member_unit=invitation.member_unit)
    unit_answers.name(invitation, [named.id], actor=None)
    clock.advance(timedelta(days=1) if is_late else timedelta(hours=1))

    activities.cancel_sign_up(activity, named)

    status, left = UnitInvitation.get().status, activities.seats_left(activity)
    assert (status, left) == ((InvitationStatus.ANSWERED, 3) if is_late else (InvitationStatus.INVITED, 2))


def test_who_may_be_told_is_said_as_it_is_now(db: Database) -> None:
    activity, invitation = invited(places=1)
    unit = invitation.member_unit

    def hint() -> str:
        return invitation_rows.board(activity, actor=None)[0].hint

    assert "没有登记联络员" in hint()
    login = make_account(AccountRoleKind.LIAISON, member_unit=unit)
    assert "联络员账号没有关联人员" in hint()
    login.person = make_person(member_unit=unit)
    login.save()
    assert hint() == ""
    assert invitations.remind(activity, actor=None) == 1
    assert AutomaticNotice.get().people.get().person == login.person
    login.is_active = False
    login.save()
    make_liaison(unit)
    assert hint() == ""
