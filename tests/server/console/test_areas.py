"""Every route of the console, for every role; and another school's rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from models.accounts import Account, AccountRoleKind
from models.messaging import CampaignStatus, DeliveryStatus
from services import access
from tests.factories import make_account, make_person
from tests.server.console.campaign_rows import make_campaign, make_delivery

SignIn = Callable[[Account], FlaskClient]
UNGUARDED = {"open_to_all", "signed_in"}
NOWHERE = "987654321"


def guarded(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """Rule, method and permission of every guarded route."""
    for rule in app.url_map.iter_rules():
        permission = getattr(app.view_functions[rule.endpoint], "permission", "")
        if rule.rule.startswith("/console") and permission not in UNGUARDED:
            for method in (rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}:
                yield rule, method, permission


def address(rule: Rule) -> str:
    return re.sub(r"<[^>]+>", NOWHERE, rule.rule)


@pytest.mark.parametrize("role", list(AccountRoleKind))
def test_each_role_opens_what_it_may_and_nothing_else(
    app: Flask, sign_in: SignIn, role: AccountRoleKind
) -> None:
    client = sign_in(make_account(role))

    wrong = []
    for rule, method, permission in guarded(app):
        status = client.open(address(rule), method=method).status_code
        is_allowed = permission in access.PERMISSIONS[role]
        is_right = status not in (401, 403) if is_allowed else status == 403
        if status >= 500 or not is_right:
            wrong.append((method, rule.rule, permission, status))

    assert wrong == []


def test_nobody_passes_without_signing_in(app: Flask) -> None:
    client = app.test_client()
    app.config["WTF_CSRF_ENABLED"] = False

    answers = {client.open(address(rule), method=method).status_code for rule, method, _ in guarded(app)}

    assert answers == {302}


@pytest.mark.parametrize("role", list(AccountRoleKind))
def test_the_menu_shows_what_the_role_may_open(app: Flask, sign_in: SignIn, role: AccountRoleKind) -> None:
    client = sign_in(make_account(role))

    menu = re.search(r'<nav class="collapse.*?</nav>', client.get("/console/").text, re.S)

    assert menu is not None
    addresses = re.findall(r'href="([^"]+)"', menu[0])
    assert addresses
    assert {client.get(each).status_code for each in addresses} == {200}


def test_another_schools_campaign_is_not_there(app: Flask, sign_in: SignIn) -> None:
    campaign = make_campaign(status=CampaignStatus.SENDING)
    delivery = make_delivery(campaign, DeliveryStatus.DELIVERED)
    client = sign_in(make_account(AccountRoleKind.SCHOOL_ADMIN))

    found = []
    for rule, method, _ in guarded(app):
        if "campaign_id" in rule.arguments or "person_id" in rule.arguments:
            path = rule.rule.replace("<int:campaign_id>", str(campaign.id))
            path = path.replace("<int:person_id>", str(delivery.person_id))
            answer = client.open(re.sub(r"<[^>]+>", NOWHERE, path), method=method)
            if answer.status_code != 404:
                found.append((method, rule.rule, answer.status_code))

    assert found == []


def test_a_school_lists_its_own_campaigns_and_people_only(sign_in: SignIn) -> None:
    account = make_account(AccountRoleKind.SCHOOL_ADMIN)
    mine = make_campaign(title="本校讲座推送", member_unit=account.member_unit, status=CampaignStatus.SENDING)
    make_campaign(title="别校讲座推送")
    make_delivery(
        mine, DeliveryStatus.DELIVERED, person=make_person(name="甲本校", member_unit=account.member_unit)
    )
    make_delivery(mine, DeliveryStatus.DELIVERED, person=make_person(name="乙别校"))
    client = sign_in(account)

    listed = client.get("/console/campaigns/").text
    ledger = client.get(f"/console/campaigns/{mine.id}/ledger").text

    assert "本校讲座推送" in listed
    assert "别校讲座推送" not in listed
    assert "甲*校" in ledger
    assert "乙*校" not in ledger
    assert "甲本校" not in ledger
    assert "共 1 条" in ledger
