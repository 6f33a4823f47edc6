"""Search from the shell's header: people by name, activities, issues, campaigns, questionnaires."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for
from markupsafe import Markup
from peewee import ModelSelect

from models.accounts import Account
from models.activities import ACTIVITY_STATUS_WORDS
from models.messaging import CAMPAIGN_STATUS_WORDS
from models.notices import NOTICE_STATUS_WORDS
from models.publishing import ISSUE_STATUS_WORDS
from models.surveys import QUESTIONNAIRE_STATUS_WORDS
from server.console import words
from server.console.areas import MenuEntry
from server.console.guard import can, me, requires
from server.console.listing import badge
from services.search import finding, grams

bp = Blueprint("search", __name__, url_prefix="/console/search")
MENU: tuple[MenuEntry, ...] = ()  # reached from the header

SHOWN = 8


@dataclass(frozen=True)
class Line:
    text: str
    url: str
    note: str
    status: Markup | str = ""


@dataclass(frozen=True)
class Group:
    """One kind of thing: who may see it, how it is found and how a row reads."""

    title: str
    icon: str
    permission: str
    find: Callable[[Account, str], ModelSelect[Any] | None]
    line: Callable[[Any], Line]


@dataclass(frozen=True)
class Found:
    group: Group
    lines: list[Line]
    is_more: bool


def _person(row: Any) -> Line:
    return Line(row.name, url_for("console.people.show", person_id=row.id), row.member_unit.short_name)


def _activity(row: Any) -> Line:
    note = f"{row.series.name} · {words.local_time(row.starts_at)} · {row.member_unit.short_name}"
    url = url_for("console.activities.show", activity_id=row.id)
    return Line(row.title, url, note, badge(row.status, ACTIVITY_STATUS_WORDS))


def _issue(row: Any) -> Line:
    url = url_for("console.e_journals.show", issue_id=row.id)
    return Line(
        f"{row.e_journal.name} {row.issue_no}", url, row.summary, badge(row.status, ISSUE_STATUS_WORDS)
    )


def _campaign(row: Any) -> Line:
    url = url_for("console.campaigns.show", campaign_id=row.id)
    return Line(row.title, url, row.summary, badge(row.status, CAMPAIGN_STATUS_WORDS))


def _questionnaire(row: Any) -> Line:
    url = url_for("console.surveys.show", survey_id=row.id)
    return Line(row.title, url, row.member_unit.short_name, badge(row.status, QUESTIONNAIRE_STATUS_WORDS))


def _notice(row: Any) -> Line:
    url = url_for("console.notices.show", notice_id=row.id)
    return Line(row.title, url, row.member_unit.short_name, badge(row.status, NOTICE_STATUS_WORDS))


GROUPS = (
    Group("人员", "users", "people.view", finding.people_for, _person),
    Group("活动", "calendar-event", "activities.view", finding.activities_for, _activity),
    Group("期刊", "book", "e_journals.view", finding.issues_for, _issue),
    Group("通知公告", "speakerphone", "notices.view", finding.notices_for, _notice),
    Group("推送任务", "send", "campaigns.view", finding.campaigns_for, _campaign),
    Group("问卷", "clipboard-list", "surveys.view", finding.questionnaires_for, _questionnaire),
)


@bp.get("")
@requires("home.view")
def index() -> str:
    text = " ".join(request.args.get("q", "").split())[: grams.QUERY_LENGTH]
    groups = [group for group in GROUPS if can(group.permission)]
    found = [each for group in groups if (each := _found(group, text)).lines]
    return render_template("console/search/index.html", text=text, groups=groups, found=found)


def _found(group: Group, text: str) -> Found:
    query = group.find(me(), text)
    rows = [] if query is None else list(query.limit(SHOWN + 1))
    return Found(group, [group.line(row) for row in rows[:SHOWN]], len(rows) > SHOWN)
