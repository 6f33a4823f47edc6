"""Two people edit one row; short forms in a dialog; the shell's own: help, large type, who may what."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from peewee import Database

from models.accounts import Account, AccountRoleKind
from models.activities import Activity, ActivitySeries
from models.alliance import MemberUnit
from models.audit import AuditEntry
from models.messaging import DeliveryStatus
from models.people import Person
from server.console import access_words, areas, help_texts
from services import access, activities, alliance
from tests.factories import make_account, make_activity, make_person, make_series, make_unit
from tests.server.console.campaign_rows import make_campaign, make_delivery

SignIn = Callable[[Account], FlaskClient]
pytestmark = pytest.mark.usefixtures("noon")
IN_DIALOG = {"HX-Request": "true", "HX-Target": "div#dialog-body"}


def _fields(page: str) -> dict[str, str]:
    """What the page's form would send back."""
    form = page[page.index('name="version"') - 60 :]
    found = re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form)
    chosen = re.findall(r'<select[^>]*name="([^"]+)".*?<option value="([^"]*)" selected', form, re.S)
    return {name: html.unescape(value) for name, value in [*found, *chosen] if not name.startswith("take-")}


@pytest.fixture
def unit(db: Database) -> MemberUnit:
    return make_unit(name="乐余镇党校", short_name="乐余", order_no=3)


def test_a_conflict_names_who_and_what_and_keeps_both(sign_in: SignIn, unit: MemberUnit) -> None:
    mine = sign_in(make_account(AccountRoleKind.SECRETARIAT, display_name="我"))
    other = make_account(AccountRoleKind.SECRETARIAT, display_name="李秘书")
    address = f"/console/units/{unit.id}/edit"
    typed = _fields(mine.get(address).text) | {"name": "我改的党校"}
    values = {name: getattr(unit, name) for name in typed if hasattr(unit, name) and name != "version"}
    alliance.update(unit, values | {"name": "别人改的党校", "short_name": "新乐余"}, actor=other)

    clash = mine.post(address, data=typed)

    assert clash.status_code == 409
    assert MemberUnit.get_by_id(unit.id).name == "别人改的党校"
    assert all(told in clash.text for told in ("李秘书", "我改的党校", "别人改的党校", "有人改过它"))
    assert "您没有动过的简称，已换成现在的内容" in clash.text
    again = _fields(clash.text)
    assert (again["name"], again["short_name"]) == ("我改的党校", "新乐余")

    assert mine.post(address, data=again).status_code == 302
    saved = MemberUnit.get_by_id(unit.id)
    assert (saved.name, saved.short_name, saved.version) == ("我改的党校", "新乐余", 3)


def test_a_version_that_was_tampered_with_only_shows_more(sign_in: SignIn, unit: MemberUnit) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    address = f"/console/units/{unit.id}/edit"
    typed = _fields(client.get(address).text) | {"version": "0", "was": "[nonsense", "name": "改名"}

    clash = client.post(address, data=typed)

    assert clash.status_code == 409
    assert MemberUnit.get_by_id(unit.id).name == "乐余镇党校"


def test_people_accounts_series_and_activities_tell_a_conflict(sign_in: SignIn, unit: MemberUnit) -> None:
    secretary = sign_in(make_account(AccountRoleKind.SECRETARIAT, member_unit=unit))
    sysadmin = sign_in(make_account(AccountRoleKind.SYSTEM_ADMIN))
    account, person = make_account(member_unit=unit), make_person(name="张晓明", member_unit=unit)
    series, activity = make_series(), make_activity(member_unit=unit)
    rows = (
        (secretary, f"/console/people/{person.id}/edit", f"/console/people/{person.id}/edit", Person, person),
        (
            sysadmin,
            f"/console/accounts/{account.id}/edit",
            f"/console/accounts/{account.id}/edit",
            Account,
            account,
        ),
        (secretary, *[f"/console/activities/series/{series.id}"] * 2, ActivitySeries, series),
        (secretary, *[f"/console/activities/{activity.id}/edit"] * 2, Activity, activity),
    )
    for client, shown, sent, model, row in rows:
        typed = _fields(client.get(shown).text)
        model.update(version=model.version + 1).where(model.id == row.id).execute()

        assert client.post(sent, data=typed).status_code == 409, sent


def test_a_stale_series_is_refused_by_the_act_itself(unit: MemberUnit) -> None:
    series = make_series(name="红色讲坛")
    actor = make_account(AccountRoleKind.SECRETARIAT)

    activities.update_series(series, "红色大讲坛", series.kind, version=1, actor=actor)

    with pytest.raises(activities.series.StaleState):  # type: ignore[attr-defined]
        activities.update_series(series, "别的", series.kind, version=1, actor=actor)
    assert ActivitySeries.get_by_id(series.id).name == "红色大讲坛"
    assert AuditEntry.select().where(AuditEntry.action == "activity_series.changed").count() == 1


# dialogs


def test_a_short_form_in_a_dialog_comes_without_the_page_and_back_with_its_errors(
    sign_in: SignIn, unit: MemberUnit
) -> None:
    client = sign_in(make_account(AccountRoleKind.SECRETARIAT))
    address = f"/console/units/{unit.id}/edit"

    opened = client.get(address, headers=IN_DIALOG).text
    refused = client.post(address, data=_fields(opened) | {"short_name": ""}, headers=IN_DIALOG)
    saved = client.post(address, data=_fields(opened) | {"short_name": "新名"}, headers=IN_DIALOG)

    assert "<html" not in opened
    assert f'hx-post="{address}"' in opened
    assert (refused.status_code, "请填写简称" in refused.text, 'value="乐余镇党校"' in refused.text) == (
        200,
        True,
        True,
    )
    assert (saved.status_code, saved.headers["HX-Refresh"], saved.text) == (200, "true", "")
    assert MemberUnit.get_by_id(unit.id).short_name == "新名"
    assert "已保存" in client.get("/console/units/").text
    assert "<html" in client.get(address).text


def test_a_dialog_of_a_dead_session_leads_to_signing_in(app: Flask, unit: MemberUnit) -> None:
    answer = app.test_client().get(f"/console/units/{unit.id}/edit", headers=IN_DIALOG)

    assert answer.headers["HX-Redirect"].startswith("/console/sign-in")


# the shell


def test_every_area_of_the_menu_has_help() -> None:
    named = {entry.endpoint for entry in areas.entries()}

    assert {endpoint for endpoint in named if help_texts.of(endpoint) is None} == set()


def test_every_permission_has_its_words() -> None:
    assert access.ALL_PERMISSIONS - set(access_words.WORDS) == set()
    assert {each.partition(".")[0] for each in access_words.WORDS} == set(access_words.AREA_WORDS)


def test_large_type_stays_with_the_account(sign_in: SignIn) -> None:
    account = make_account(AccountRoleKind.EDITOR)
    client = sign_in(account)

    answer = client.post("/console/large-type", headers={"Referer": "http://localhost/console/activities/"})

    assert answer.location == "/console/activities/"
    assert 'class="large-type"' in sign_in(Account.get_by_id(account.id)).get("/console/").text
    client.post("/console/large-type")
    assert 'class="large-type"' not in client.get("/console/").text


def test_the_matrix_is_for_those_who_grant_and_everybody_sees_the_own_part(sign_in: SignIn) -> None:
    granting = sign_in(make_account(AccountRoleKind.SECURITY_ADMIN))
    liaison = sign_in(make_account(AccountRoleKind.LIAISON))

    matrix, own = granting.get("/console/access/").text, liaison.get("/console/access/mine").text

    assert all(word in matrix for word in ("看、校验、导出审计记录", "秘书处可以", "编辑不可以"))
    assert liaison.get("/console/access/").status_code == 403
    assert "看人员（手机号已遮盖）" in own
    assert "授予和收回角色" not in own


def test_unknown_deliveries_wait_on_the_first_page(sign_in: SignIn, unit: MemberUnit) -> None:
    campaign = make_campaign(title="结果不明的讲座", member_unit=unit)
    campaign.status = campaign.status.__class__.SENDING
    campaign.save()
    make_delivery(campaign, DeliveryStatus.UNKNOWN)
    client = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN, member_unit=unit))
    elsewhere = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN))

    assert "1 人结果不明，不会自动重发" in client.get("/console/").text
    assert "结果不明的讲座" not in elsewhere.get("/console/").text
