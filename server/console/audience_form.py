"""The audience part of a form: what may be chosen, what was chosen, and the form of what is kept.

Used by campaigns, saved audiences and surveys; the fields stand in console/audiences/fields.html.
"""

from __future__ import annotations

from typing import Any

from flask import render_template

import clock
from models.activities import Activity, ActivityStatus
from models.alliance import TIER_WORDS, MemberUnit
from models.messaging import Campaign
from models.people import ROLE_WORDS, TOPIC_WORDS
from models.surveys import Questionnaire, QuestionnaireStatus
from server.console.forms import Form
from server.console.guard import me, scope
from server.console.listing import choices
from services import masking
from services.errors import DomainError
from services.messaging import audience_keys, audiences, person_lists, saved_audiences

OFFERED = 60
SEVERAL = ("tiers", "roles", "topics")
NUMBERS = ("units", "lists")
ROWS = ("signed_up_for", "attended", "came_not", "no_answer_to")
NOT = "not_"
LABELS = {
    "reach": "受众范围",
    "saved_audience": "常用受众",
    "units": "单位",
    "tiers": "层级",
    "roles": "身份",
    "topics": "订阅的主题",
    "signed_up_for": "报名的活动",
    "attended": "到场的活动",
    "came_not": "报名未到的活动",
    "no_survey": "没答过问卷",
    "no_answer_to": "没答过的问卷",
    "silent_for": "多少天没来过消息",
    "outcome_campaign": "另一个推送",
    "outcome_was": "它的结果",
    "lists": "名单",
}
LABELS |= {f"{NOT}{name}": f"不发给：{label}" for name, label in list(LABELS.items())[2:]}


def read(form: Form) -> dict[str, Any]:
    """The audience as typed, not yet checked. Raises Invalid when a saved one is gone."""
    reach = form.text("reach")
    left_out = _keys(form, NOT)
    if reach == "saved":
        chosen = saved_audiences.definition(form.integer("saved_audience") or 0, actor=me())
        if left_out:
            chosen["not"] = chosen.get("not", {}) | left_out
        return chosen
    wanted = _keys(form, "") if reach == "some" else {"everyone": True}
    if left_out:
        wanted = (wanted or {"everyone": True}) | {"not": left_out}
    return wanted


def _keys(form: Form, prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = {name: form.many(prefix + name) for name in SEVERAL}
    found |= {name: form.integers(prefix + name) for name in NUMBERS}
    found |= {name: form.text(prefix + name) for name in (*ROWS, "no_survey", "silent_for")}
    campaign, was = form.text(f"{prefix}outcome_campaign"), form.text(f"{prefix}outcome_was")
    if campaign:
        found["outcome"] = {"campaign": campaign, "was": was}
    return {name: value for name, value in found.items() if value}


def values_of(audience: dict[str, Any]) -> dict[str, Any]:
    """The form's values for an audience that is kept; the contrary of `read`."""
    told = audience or {"everyone": True}
    shown: dict[str, Any] = {"reach": "everyone" if told.get("everyone") else "some"}
    for prefix, keys in (("", told), (NOT, told.get("not") or {})):
        for name in (*SEVERAL, *NUMBERS):
            shown[prefix + name] = keys.get(name, [])
        for name in (*ROWS, "no_survey", "silent_for"):
            shown[prefix + name] = keys.get(name)
        outcome = keys.get("outcome") or {}
        shown[f"{prefix}outcome_campaign"] = outcome.get("campaign")
        shown[f"{prefix}outcome_was"] = outcome.get("was")
    return shown


def offered() -> dict[str, Any]:
    """What the fields offer to the account at hand."""
    bound = audiences.bound(me())
    today = clock.local_today()
    units = MemberUnit.select().where(MemberUnit.valid_to.is_null() | (MemberUnit.valid_to >= today))
    return {
        "is_bound": bound is not None,
        "units": []
        if bound is not None
        else [(unit.id, unit.short_name) for unit in units.order_by(MemberUnit.order_no)],
        "tiers": choices(TIER_WORDS),
        "roles": choices(ROLE_WORDS),
        "topics": choices(TOPIC_WORDS),
        "activities": [(row.id, row.title) for row in activities()],
        "surveys": [(row.id, row.title) for row in _surveys()],
        "earlier": [(row.id, row.title) for row in _campaigns()],
        "outcomes": list(audience_keys.OUTCOME_WORDS.items()),
        "periods": list(audience_keys.PERIOD_WORDS.items()),
        "lists": [(row.id, row.name) for row in person_lists.visible(actor=me())],
        "saved": [(row.id, row.name) for row in saved_audiences.visible(actor=me())],
    }


def counted(form: Form) -> str:
    """How many are meant, and ten of them, masked: shown while the form is filled in."""
    try:
        wanted = audiences.validate(read(form), scope=audiences.bound(me()))
        count = audiences.count(wanted, actor=me())
        some = audiences.sample(wanted, actor=me(), limit=10)
    except DomainError as wrong:
        return render_template("console/campaigns/audience.html", error=wrong.message)
    people = [(masking.mask_name(person.name), person.member_unit.short_name) for person in some]
    return render_template(
        "console/campaigns/audience.html", count=count, people=people, wanted=audiences.in_words(wanted)
    )


def activities() -> list[Activity]:
    """Published ones of the unit and those shared, the latest first."""
    bound = scope()
    query = Activity.select().where(Activity.status == ActivityStatus.PUBLISHED)
    if bound is not None:
        query = query.where((Activity.member_unit == bound) | Activity.is_shared)
    return list(query.order_by(Activity.starts_at.desc()).limit(OFFERED))


def _surveys() -> list[Questionnaire]:
    bound = scope()
    query = Questionnaire.select().where(Questionnaire.status != QuestionnaireStatus.DRAFT)
    if bound is not None:
        query = query.where(Questionnaire.member_unit == bound)
    return list(query.order_by(Questionnaire.id.desc()).limit(OFFERED))


def _campaigns() -> list[Campaign]:
    bound = scope()
    query = Campaign.select().where(
        Campaign.status.in_(sorted(audience_keys.HAS_OUTCOME)), Campaign.content_kind != "automatic_notice"
    )
    if bound is not None:
        query = query.where(Campaign.member_unit == bound)
    return list(query.order_by(Campaign.id.desc()).limit(OFFERED))
