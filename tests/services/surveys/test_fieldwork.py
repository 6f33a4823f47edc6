"""Fieldwork: who is reminded and when, targets, pause and extension, and what the board tells."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

import clock
from models.accounts import AccountRoleKind
from models.automatic_notices import AutomaticNotice, AutomaticNoticePerson
from models.fieldwork import SurveyReminder
from models.messaging import CampaignStatus, ContentKind, Delivery, DeliveryStatus
from models.people import PersonRole, PersonRoleKind
from models.surveys import Disposition, Participation, Questionnaire, QuestionnaireStatus
from services.errors import IllegalMove, Invalid, NotFound
from services.messaging import campaigns
from services.surveys import board, conversations, fieldwork, pages, participation, questionnaires
from services.surveys.fieldwork import Target
from services.surveys.pages import SurveyOver
from tests.factories import make_account, make_member, make_person, make_unit
from tests.factories.surveys import make_questionnaire

pytestmark = pytest.mark.usefixtures("db", "noon")

WEEK = timedelta(days=7)


def _later(days: int) -> datetime:
    return clock.utc_now() + timedelta(days=days)


def _with_reminder(**values: object) -> Questionnaire:
    made = make_questionnaire(closes_at=_later(21), **values)  # type: ignore[arg-type]
    fieldwork.set_reminders(made, [_later(7), _later(14)], actor=None)
    return made


def _told(reminder_no: int) -> list[int]:
    notice = AutomaticNotice.get(AutomaticNotice.occasion.endswith(f"-{reminder_no}"))
    rows = AutomaticNoticePerson.select().where(AutomaticNoticePerson.notice == notice)
    return sorted(row.person_id for row in rows)


def test_those_who_have_not_finished_are_reminded_once_at_each_moment() -> None:
    made = _with_reminder()
    done, begun, said_no, silent = (make_person() for _ in range(4))
    participation.completed(made, done.id)
    participation.begun(made, begun.id)
    participation.refuse(made, said_no.id)
    assert fieldwork.remind_due() == 0

    clock.advance(WEEK)
    assert fieldwork.remind_due() == 1
    assert fieldwork.remind_due() == 0
    assert _told(1) == [begun.id, silent.id]

    participation.completed(made, begun.id)
    clock.advance(WEEK)
    assert fieldwork.remind_due() == 1
    assert _told(2) == [silent.id]
    assert [row.told_at is not None for row in fieldwork.reminders_of(made)] == [True, True]


def test_a_reminder_says_until_when_and_how_to_say_no() -> None:
    _with_reminder(title="干部需求征集")
    make_person()
    clock.advance(WEEK)
    fieldwork.remind_due()

    notice = AutomaticNotice.get()
    assert notice.headline == "还差您一份：干部需求征集"
    assert "12月14日" in notice.text
    assert "不参加" in notice.text
    assert notice.campaign.deadline_at == notice.campaign.created_at + 2 * WEEK


def test_nobody_left_makes_no_campaign() -> None:
    made = _with_reminder()
    participation.completed(made, make_person().id)
    clock.advance(WEEK)

    assert fieldwork.remind_due() == 0
    first, _ = fieldwork.reminders_of(made)
    assert first.told_at is not None
    assert first.campaign is None


@pytest.mark.parametrize(
    ("days", "field", "why"),
    [
        ((-1,), "remind_1", "提醒时间应在现在之后"),
        ((20, 21), "remind_2", "提醒应在截止前至少2小时"),
        ((7, 7), "remind_2", "两次提醒至少相隔一天"),
        ((3, 6, 9), "remind_2", "最多提醒2次"),
    ],
)
def test_a_wrong_moment_is_named(days: tuple[int, ...], field: str, why: str) -> None:
    made = make_questionnaire(closes_at=_later(21))

    with pytest.raises(Invalid) as told:
        fieldwork.set_reminders(made, [_later(each) for each in days], actor=None)

    assert told.value.fields == {field: why}
    assert not SurveyReminder.select().exists()


def test_a_reminder_that_was_told_stays_when_the_moments_change() -> None:
    made = _with_reminder()
    make_person()
    clock.advance(WEEK)
    fieldwork.remind_due()
    first, second = fieldwork.reminders_of(made)

    fieldwork.set_reminders(made, [first.remind_at, _later(3)], actor=None)

    again, moved = fieldwork.reminders_of(made)
    assert (again.id, again.told_at) == (first.id, first.told_at)
    assert moved.remind_at == _later(3) != second.remind_at


def test_a_unit_and_a_kind_whose_targets_are_reached_are_not_reminded() -> None:
    full, open_ = make_unit(), make_unit()
    made = _with_reminder(member_unit=full)
    done, waiting = make_person(member_unit=full), make_person(member_unit=full)
    teacher, other = make_person(member_unit=open_), make_person(member_unit=open_)
    for person in (done, teacher):
        PersonRole.create(
            person=person, member_unit=person.member_unit, role=PersonRoleKind.INSTRUCTOR,
            valid_from=clock.local_today(),
        )  # fmt: skip
    participation.completed(made, done.id)
    actor = make_account(AccountRoleKind.SECRETARIAT)
    assert fieldwork.to_remind(made) == [waiting.id, teacher.id, other.id]

    fieldwork.set_targets(made, [Target(1, unit_id=full.id), Target(2, unit_id=open_.id)], actor=actor)
    assert fieldwork.to_remind(made) == [teacher.id, other.id]

    fieldwork.set_targets(made, [Target(1, role=PersonRoleKind.INSTRUCTOR)], actor=actor)
    assert fieldwork.to_remind(made) == [waiting.id, other.id]

    with pytest.raises(Invalid) as told:
        fieldwork.set_targets(made, [Target(0, unit_id=full.id)], actor=actor)
    assert set(told.value.fields) == {f"unit_{full.id}"}


def test_a_pause_takes_no_answer_and_loses_none() -> None:
    made = _with_reminder()
    member = make_member()
    person = member.person
    conversations.start(member, person, at=clock.utc_now())
    key = Questionnaire.get_by_id(made.id).blind_key
    actor = make_account(AccountRoleKind.SECRETARIAT)
    made = Questionnaire.get_by_id(made.id)

    questionnaires.pause(made, actor=actor)
    clock.advance(WEEK)
    assert fieldwork.remind_due() == 0  # it waits for the return
    said = conversations.go_on(member, person, at=clock.utc_now())
    assert "暂停填写" in str(said.text)
    with pytest.raises(SurveyOver, match="暂停填写"):
        pages.filling(made.id, person)
    with pytest.raises(IllegalMove):
        questionnaires.open(made, actor=actor)  # a second blind key would part the answers from their people

    questionnaires.resume(made, actor=actor)
    assert Questionnaire.get_by_id(made.id).blind_key == key
    assert "接着上次的回答" in str(conversations.go_on(member, person, at=clock.utc_now()).text)
    assert fieldwork.remind_due() == 1


def test_a_paused_one_ends_at_its_time_and_an_extended_one_later() -> None:
    actor = make_account(AccountRoleKind.SECRETARIAT)
    paused, extended = make_questionnaire(closes_at=_later(7)), make_questionnaire(closes_at=_later(7))
    questionnaires.pause(paused, actor=actor)
    questionnaires.extend(extended, _later(10), actor=actor)
    with pytest.raises(Invalid):
        questionnaires.extend(extended, _later(-1), actor=actor)

    clock.advance(timedelta(days=8))
    assert questionnaires.close_due() == 1
    assert Questionnaire.get_by_id(paused.id).status is QuestionnaireStatus.CLOSED
    assert Questionnaire.get_by_id(extended.id).status is QuestionnaireStatus.OPEN
    with pytest.raises(IllegalMove):
        questionnaires.extend(Questionnaire.get_by_id(paused.id), _later(10), actor=actor)


def test_an_invitation_is_a_draft_of_its_own_and_there_is_one() -> None:
    made = make_questionnaire(closes_at=_later(21))
    actor = make_account(AccountRoleKind.SECRETARIAT)

    drafted = fieldwork.draft_invitation(made, actor=actor)

    assert (drafted.status, drafted.content_kind) == (CampaignStatus.DRAFT, ContentKind.QUESTIONNAIRE)
    assert (drafted.audience, drafted.deadline_at) == ({"everyone": True}, made.closes_at)
    with pytest.raises(IllegalMove):
        fieldwork.draft_invitation(made, actor=actor)
    campaigns.cancel(drafted, actor=actor, reason="重写")
    assert fieldwork.draft_invitation(made, actor=actor).id != drafted.id


def test_who_says_no_in_chat_is_left_alone_until_they_change_their_mind() -> None:
    made = _with_reminder()
    member = make_member()
    person = member.person

    conversations.start(member, person, at=clock.utc_now())
    said = conversations.refuse(member, person, at=clock.utc_now())
    assert said is not None
    assert "不再提醒" in str(said.text)
    assert fieldwork.to_remind(made) == []

    conversations.start(member, person, at=clock.utc_now())
    assert Participation.get().disposition is Disposition.BEGUN
    assert fieldwork.to_remind(made) == [person.id]


def test_the_board_counts_people_by_unit_in_the_fixed_order() -> None:
    first, second = make_unit(order_no=1, short_name="甲校"), make_unit(order_no=2, short_name="乙校")
    made = make_questionnaire(member_unit=first, is_anonymous=False)
    people = [make_person(member_unit=second) for _ in range(6)] + [make_person(member_unit=first)]
    for person in people[:5]:
        participation.completed(made, person.id)
    participation.begun(made, people[6].id)
    actor = make_account(AccountRoleKind.SECRETARIAT, member_unit=first)
    campaign = fieldwork.draft_invitation(made, actor=actor)
    for person in people[:2]:
        Delivery.create(campaign=campaign, person=person, chunk=0, status=DeliveryStatus.ACCEPTED)
    fieldwork.set_targets(made, [Target(8, unit_id=second.id)], actor=actor)

    seen = board.board(made, actor=actor)

    assert [
        (line.name, line.meant, line.invited, line.begun, line.completed, line.wanted) for line in seen.units
    ] == [
        ("甲校", 1, 0, 1, 0, None),
        ("乙校", 6, 2, 0, 5, 8),
    ]
    assert (seen.total.meant, seen.total.completed) == (7, 5)
    with pytest.raises(NotFound):
        board.board(made, actor=make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=second))


@pytest.mark.parametrize(
    ("numbers", "shown", "total"),
    [
        ((3, 6, 8), ["少于5", "不显示", "8"], "17"),  # 17 less 14 would have told the three
        ((3, 2, 8), ["少于5", "少于5", "8"], "13"),
        ((1, 1, 8), ["少于5", "少于5", "不显示"], "10"),  # two hidden of two: one each
        ((3, 0, 0), ["少于5", "0", "0"], "少于5"),
        ((5, 6, 0), ["5", "6", "0"], "11"),
    ],
)
def test_few_people_of_an_anonymous_survey_are_not_told_even_by_the_total(
    numbers: tuple[int, ...], shown: list[str], total: str
) -> None:
    units = [make_unit(order_no=no) for no in range(len(numbers))]
    actor = make_account(AccountRoleKind.SECRETARIAT)
    anonymous, named = make_questionnaire(), make_questionnaire(is_anonymous=False)
    for made in (anonymous, named):
        fieldwork.set_targets(made, [Target(2, unit_id=unit.id) for unit in units], actor=actor)
    for unit, number in zip(units, numbers, strict=True):
        for _ in range(number):
            person = make_person(member_unit=unit)
            for made in (anonymous, named):
                participation.completed(made, person.id)

    seen, plain = (board.board(made, actor=actor) for made in (anonymous, named))

    lines = [line for line in seen.units if line.name in {unit.short_name for unit in units}]
    every = {unit.short_name: no for no, unit in enumerate(units)}
    told = ["0"] * len(units)
    for line in lines:
        told[every[line.name]] = board.told(line, "completed")
        assert line.is_reached is (board.told(line, "completed").isdecimal() and line.completed >= 2)
    assert told == shown
    assert board.told(seen.total, "completed") == total
    assert [board.told(line, "completed") for line in plain.units] == [str(n) for n in numbers if n]
    assert all(line.is_reached is (line.completed >= 2) for line in plain.units)
