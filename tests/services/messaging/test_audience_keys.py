"""Who is meant by what people did, by other campaigns, by lists; and who is left out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

import clock
from models.accounts import Account, AccountRoleKind
from models.activities import SignUpStatus
from models.audit import AuditEntry
from models.check_ins import CheckIn, CheckInStatus, CheckInWay
from models.messaging import Campaign, CampaignStatus, Delivery, DeliveryStatus
from models.people import Person, Topic
from models.surveys import Questionnaire
from services import people
from services.errors import Invalid, NotAllowed, NotFound, StaleState
from services.messaging import audiences, campaigns, launch, person_lists, saved_audiences
from services.surveys import participation, questionnaires
from tests.factories import (
    make_account,
    make_activity,
    make_follower,
    make_member,
    make_opt_in,
    make_person,
    make_sign_up,
    make_unit,
)
from tests.factories.surveys import make_questionnaire
from tests.services.messaging.conftest import MakeCampaign, launched

pytestmark = pytest.mark.usefixtures("secretary")


def meant(audience: dict[str, Any], *, scope: int | None = None) -> set[str]:
    """By name, as an audience that was checked first and may stand under `not` as well."""
    checked = audiences.validate(audience, scope=scope)
    found = {row.id for row in audiences.persons(checked, scope=scope)}
    everybody = {row.id for row in audiences.persons({"everyone": True}, scope=scope)}
    if "not" not in checked and "everyone" not in checked and len(checked) == 1:
        contrary = audiences.validate({"everyone": True, "not": audience}, scope=scope)
        assert {row.id for row in audiences.persons(contrary, scope=scope)} == everybody - found
    return {person.name for person in Person.select().where(Person.id.in_(sorted(found)))}


def four() -> list[Person]:
    unit = make_unit()
    return [make_person(name=name, member_unit=unit) for name in ("甲", "乙", "丙", "丁")]


def test_sign_ups_part_into_those_who_came_and_those_who_did_not() -> None:
    came, stayed, waiting, cancelled = four()
    activity = make_activity()
    for person in (came, stayed, waiting):
        make_sign_up(activity, person)
    make_sign_up(activity, cancelled, SignUpStatus.CANCELLED)
    for person, status in ((came, CheckInStatus.PRESENT), (waiting, CheckInStatus.TO_CONFIRM)):
        now = clock.utc_now()
        CheckIn.create(
            activity=activity, person=person, status=status, way=CheckInWay.SCAN_CHAT, at=now, moved_at=now
        )

    assert meant({"signed_up_for": activity.id}) == {"甲", "乙", "丙"}
    assert meant({"attended": activity.id}) == {"甲"}
    assert meant({"came_not": activity.id}) == {"乙"}


def test_who_answered_no_survey_this_half_year() -> None:
    answered, begun, long_ago, _ = four()
    old = make_questionnaire()
    participation.completed(old, long_ago.id)
    questionnaires.close(old, actor=None)
    Questionnaire.update(closes_at=clock.utc_now() - timedelta(days=200)).where(
        Questionnaire.id == old.id
    ).execute()
    recent = make_questionnaire()
    participation.completed(recent, answered.id)
    participation.begun(recent, begun.id)

    assert meant({"no_survey": "half_year"}) == {"乙", "丙", "丁"}
    assert meant({"no_survey": "year"}) == {"乙", "丁"}
    assert meant({"no_answer_to": recent.id}) == {"乙", "丙", "丁"}


def test_who_has_not_written_for_some_days() -> None:
    now, unit = clock.utc_now(), make_unit()
    for name, days in (("昨天", 1), ("上月", 40), ("从不", None)):
        at = None if days is None else now - timedelta(days=days)
        make_follower(person=make_person(name=name, member_unit=unit), last_message_at=at)

    assert meant({"silent_for": 30}) == {"上月", "从不"}
    assert meant({"silent_for": 60}) == {"从不"}


def test_another_campaigns_outcome(make_campaign: MakeCampaign) -> None:
    people = four()
    done = make_campaign(status=CampaignStatus.DONE)
    states = (
        DeliveryStatus.FAILED, DeliveryStatus.SKIPPED, DeliveryStatus.DELIVERED, DeliveryStatus.UNKNOWN,
    )  # fmt: skip
    for person, status in zip(people, states, strict=True):
        Delivery.create(campaign=done, person=person, chunk=0, status=status)

    def outcome(was: str) -> set[str]:
        return meant({"outcome": {"campaign": done.id, "was": was}})

    assert outcome("failed") == {"甲"}
    assert outcome("not_reached") == {"甲", "乙"}  # of the unknown nobody can say
    assert outcome("reached") == {"丙"}


def test_whom_any_key_of_not_names_is_left_out() -> None:
    first, second, third, _ = four()
    make_opt_in(first)
    make_opt_in(second, Topic.SALON)
    activity = make_activity()
    make_sign_up(activity, third)

    left = {"topics": ["lecture"], "signed_up_for": activity.id}
    assert meant({"everyone": True, "not": left}) == {"乙", "丁"}
    assert meant({"topics": ["lecture", "salon"], "not": {"topics": ["salon"]}}) == {"甲"}
    assert meant({"everyone": True, "not": {"topics": []}}) == {"甲", "乙", "丙", "丁"}


@pytest.mark.parametrize(
    ("audience", "said"),
    [
        ({"everyone": True, "not": {"everyone": True}}, "everyone"),
        ({"not": {"tiers": ["X"]}}, "请选择受众"),
        ({"no_survey": "week"}, "没答过问卷"),
        ({"silent_for": 0.5}, "多少天"),
        ({"silent_for": 9999}, "多少天"),
        ({"outcome": {"campaign": 1}}, "推送的结果"),
        ({"outcome": {"campaign": 999_999, "was": "failed"}}, "推送的结果"),
        ({"lists": [999_999]}, "名单"),
        ({"no_answer_to": 999_999}, "问卷"),
        ({"everyone": True, "not": {"attended": 999_999}}, "活动"),
    ],
)
def test_a_wrong_condition_is_named(audience: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid) as told:
        audiences.validate(audience)

    assert said in told.value.fields["audience"]


def test_a_school_names_nothing_of_another(make_campaign: MakeCampaign) -> None:
    own, theirs = make_unit(), make_unit()
    their_campaign = make_campaign(member_unit=theirs, status=CampaignStatus.DONE)
    their_survey = make_questionnaire(member_unit=theirs)
    their_list = person_lists.create(
        name="名单", reason="不愿收", actor=make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=theirs)
    )
    for audience in (
        {"outcome": {"campaign": their_campaign.id, "was": "failed"}},
        {"no_answer_to": their_survey.id},
        {"lists": [their_list.id]},
    ):
        with pytest.raises(Invalid):
            audiences.validate({"everyone": True, "not": audience}, scope=own.id)
        assert audiences.validate(audience, scope=theirs.id) == audience
    make_person(name="他校", member_unit=theirs)
    make_person(name="本校", member_unit=own)
    assert meant({"no_survey": "half_year"}, scope=own.id) == {"本校"}


def test_it_reads_as_words(secretary: Account, make_campaign: MakeCampaign) -> None:
    kept = person_lists.create(name="长期请假", reason="病假中", actor=secretary)
    told = make_campaign(title="九月讲座", status=CampaignStatus.DONE)

    said = audiences.in_words(
        {
            "no_survey": "half_year",
            "silent_for": 30,
            "not": {"lists": [kept.id], "outcome": {"campaign": told.id, "was": "reached"}},
        }
    )

    assert said == (
        "没答过问卷：本半年；没来过消息：30 天；不发给推送结果：《九月讲座》已送到；不发给名单：长期请假"
    )


def test_pasted_people_are_matched_and_the_doubtful_told(secretary: Account) -> None:
    unit, other = make_unit(short_name="乐余校"), make_unit(short_name="凤凰校")
    by_phone = people.insert("王一", "13800000001", unit.id, "")
    alone = make_person(name="赵四", member_unit=unit)
    here, _ = make_person(name="李二", member_unit=unit), make_person(name="李二", member_unit=other)

    kept = person_lists.create(name="不发名单", reason="本人要求", actor=secretary)
    lines = (
        "138 0000 0001",
        "13800000001",
        "赵四",
        "李二，乐余校",
        "李二",
        "",
        "查无此人",
        "13900000009 赵四",
    )
    found = person_lists.add_pasted(kept, "\n".join(lines), actor=secretary)

    on_list = {member.person_id for member in person_lists.members(kept, actor=secretary)}
    assert on_list == {by_phone.id, alone.id, here.id}
    assert (found.ambiguous, found.unknown) == (["李二"], ["查无此人", "13900000009 赵四"])
    assert meant({"everyone": True, "not": {"lists": [kept.id]}}) == {"李二"}
    with pytest.raises(Invalid):
        person_lists.add_pasted(kept, " \n ", actor=secretary)


def test_a_shared_list_is_used_and_not_changed_and_shows_own_people_only(secretary: Account) -> None:
    unit = make_unit()
    school = make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=unit)
    kept = person_lists.create(name="理事", reason="另行通知", is_shared=True, actor=secretary)
    own, foreign = make_person(member_unit=unit), make_person()
    person_lists.add(kept, [own.id, foreign.id], actor=secretary)

    assert [row.person_id for row in person_lists.members(kept, actor=school)] == [own.id]
    assert audiences.validate({"lists": [kept.id]}, scope=unit.id) == {"lists": [kept.id]}
    for act in (
        lambda: person_lists.add(kept, [own.id], actor=school),
        lambda: person_lists.take_off(kept, own.id, actor=school),
        lambda: person_lists.remove(kept, actor=school),
    ):
        with pytest.raises(NotAllowed):
            act()
    mine = person_lists.create(name="理事", reason="另行通知", is_shared=True, actor=school)
    assert not mine.is_shared  # a school shares with nobody
    assert person_lists.add(mine, [own.id, foreign.id], actor=school) == 1
    person_lists.take_off(mine, own.id, actor=school)
    assert person_lists.sizes([mine.id, kept.id]) == {kept.id: 2}


def test_a_saved_audience_is_copied_so_that_a_change_of_it_changes_no_campaign(
    secretary: Account, make_campaign: MakeCampaign
) -> None:
    saved = saved_audiences.create(name="联络员", definition={"roles": ["liaison"]}, actor=secretary)
    draft = make_campaign(audience=saved_audiences.definition(saved.id, actor=secretary))

    saved_audiences.update(
        saved, name="教师", definition={"roles": ["instructor"]}, is_shared=True, version=1, actor=secretary
    )

    assert Campaign.get_by_id(draft.id).audience == {"roles": ["liaison"]}
    with pytest.raises(StaleState):
        saved_audiences.update(
            saved, name="旧", definition={"everyone": True}, is_shared=False, version=1, actor=secretary
        )
    with pytest.raises(Invalid) as told:
        saved_audiences.create(name="教师", definition={}, actor=secretary)
    assert set(told.value.fields) == {"name", "audience"}
    school = make_account(AccountRoleKind.SCHOOL_ADMIN)
    own = saved_audiences.create(name="本校", definition={"everyone": True}, actor=school)
    assert [row.name for row in saved_audiences.visible(actor=school)] == ["教师", "本校"]
    with pytest.raises(NotFound):
        saved_audiences.find(own.id, actor=make_account(AccountRoleKind.SCHOOL_ADMIN))
    saved_audiences.remove(saved, actor=secretary)
    with pytest.raises(Invalid):
        saved_audiences.definition(saved.id, actor=secretary)
    assert AuditEntry.select().where(AuditEntry.action.startswith("saved_audience.")).count() == 4


def test_a_changed_audience_voids_the_review_and_is_frozen_at_launch(
    secretary: Account, make_campaign: MakeCampaign
) -> None:
    kept, gone = make_member(), make_member()
    lists = person_lists.create(name="不发", reason="本人要求", actor=secretary)
    campaign = make_campaign()

    campaigns.update(
        campaign, {"audience": {"everyone": True, "not": {"lists": [lists.id]}}}, version=1, actor=secretary
    )
    assert campaign.status is CampaignStatus.DRAFT

    person_lists.add(lists, [gone.person_id], actor=secretary)
    campaign.status, campaign.content_hash = CampaignStatus.SCHEDULED, launch.contents.content_hash(campaign)
    campaign.save()
    launched(campaign)
    person_lists.add(lists, [kept.person_id], actor=secretary)

    rows = Delivery.select().where(Delivery.campaign == campaign)
    assert [row.person_id for row in rows] == [kept.person_id]
