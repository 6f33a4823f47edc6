"""Saved audiences and lists of persons in the console, and the builder in a campaign's form."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from models.accounts import Account, AccountRoleKind
from models.audiences import PersonList, PersonListMember, SavedAudience
from models.messaging import Campaign
from models.surveys import Questionnaire
from services.messaging import person_lists
from tests.factories import make_account, make_activity, make_person, make_sign_up, make_unit

SignIn = Callable[[Account], FlaskClient]
pytestmark = pytest.mark.usefixtures("noon")


def test_a_list_is_made_filled_and_left_out_of_a_campaign(sign_in: SignIn) -> None:
    secretary = make_account(AccountRoleKind.SECRETARIAT)
    client, unit = sign_in(secretary), make_unit(short_name="乐余校")
    person, other = (
        make_person(name="张小明", member_unit=unit),
        make_person(name="<b>李</b>", member_unit=unit),
    )

    client.post("/console/audiences/lists/new", data={"name": "不发", "reason": "本人要求"})
    kept = PersonList.get()
    page = client.post(f"/console/audiences/lists/{kept.id}/add", data={"people": "张小明\n<i>谁</i>"}).text

    assert [row.person_id for row in PersonListMember.select()] == [person.id]
    assert "张*明" in page
    assert "&lt;i&gt;谁&lt;/i&gt;" in page
    assert "<i>谁" not in page
    fields = {"reach": "everyone", "not_lists": [kept.id]}
    counted = client.get("/console/campaigns/audience", query_string=fields).text
    assert ">1</span> 人" in counted
    assert "不发给名单：不发" in counted
    assert "<b>" not in counted  # one of ten, masked and escaped
    activity = make_activity()
    client.post("/console/campaigns/new", data={"content": f"activity:{activity.id}", **fields})
    campaign = Campaign.get()
    assert campaign.audience == {"everyone": True, "not": {"lists": [kept.id]}}
    shown = client.get(f"/console/campaigns/{campaign.id}/edit").text
    assert f'name="not_lists" value="{kept.id}" checked' in " ".join(shown.split())
    assert other.id not in {row.person_id for row in PersonListMember.select()}
    assert "不发" in client.get("/console/audiences/lists").text
    client.post(f"/console/audiences/lists/{kept.id}/people/{person.id}/remove")
    client.post(
        f"/console/audiences/lists/{kept.id}/edit", data={"name": "改", "reason": "改了", "version": 1}
    )
    assert PersonList.get().name == "改"
    assert not PersonListMember.select().exists()
    client.post(f"/console/audiences/lists/{kept.id}/remove")
    assert not PersonList.select().exists()


def test_a_saved_audience_is_chosen_in_campaigns_and_surveys(sign_in: SignIn) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    activity = make_activity(title="九月讲座")
    make_sign_up(activity, make_person(name="王小二"))
    chosen = {"reach": "some", "came_not": activity.id, "silent_for": "30"}

    client.post("/console/audiences/new", data={"name": "没来的", "is_shared": "1", **chosen})

    saved = SavedAudience.get()
    assert saved.definition == {"came_not": activity.id, "silent_for": 30}
    assert saved.is_shared
    assert "报名未到：九月讲座" in client.get("/console/audiences/").text
    assert 'value="30"' in client.get(f"/console/audiences/{saved.id}").text
    use = {"reach": "saved", "saved_audience": saved.id}
    assert "王*二" in client.get("/console/audiences/count", query_string=use).text
    client.post("/console/campaigns/new", data={"content": f"activity:{activity.id}", **use})
    assert Campaign.get().audience == saved.definition
    questions = {"question-0-kind": "text", "question-0-text": "建议？", "closes_at": "2026-12-31T18:00"}
    client.post("/console/surveys/new", data={"title": "征集", **use, **questions})
    assert Questionnaire.get().audience == saved.definition
    begun = client.get(f"/console/audiences/new?campaign={Campaign.get().id}").text
    assert 'value="30"' in begun
    stale = client.post(f"/console/audiences/{saved.id}", data={"name": "旧", "version": 9, **chosen})
    assert stale.status_code == 409
    wrong = client.post("/console/audiences/new", data={"name": "", "reach": "some", "silent_for": "x"})
    assert wrong.status_code == 422
    assert "多少天没来过消息" in wrong.text
    client.post(f"/console/audiences/{saved.id}/remove")
    gone = client.post("/console/campaigns/new", data={"content": f"activity:{activity.id}", **use})
    assert gone.status_code == 422
    assert "常用受众" in gone.text


def test_a_school_uses_what_is_shared_and_sees_its_own_people(sign_in: SignIn) -> None:
    secretary, school = make_account(AccountRoleKind.SECRETARIAT), make_account(AccountRoleKind.SCHOOL_ADMIN)
    shared = person_lists.create(name="理事", reason="另行通知", is_shared=True, actor=secretary)
    hidden = person_lists.create(name="内部", reason="另行通知", actor=secretary)
    own = make_person(name="欧阳本校", member_unit=school.member_unit)
    person_lists.add(shared, [own.id, make_person(name="司马他校").id], actor=secretary)
    client = sign_in(school)

    page = client.get(f"/console/audiences/lists/{shared.id}").text

    assert "欧**校" in page
    assert "司**校" not in page
    assert "认一认" not in page
    assert client.get(f"/console/audiences/lists/{hidden.id}").status_code == 404
    assert client.post(f"/console/audiences/lists/{shared.id}/remove").status_code == 403
    assert "内部" not in client.get("/console/audiences/lists").text
