"""The form of a campaign: content, audience, channels, time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

import clock
from models.activities import Activity, ActivityKind
from models.alliance import TIER_WORDS
from models.messaging import CHANNEL_WORDS, Campaign, Channel, ContentKind
from models.notices import Notice, NoticeStatus
from models.people import ROLE_WORDS, TOPIC_WORDS, Topic
from models.pictures import Picture
from models.publishing import EJournalIssue, IssueStatus
from models.surveys import Questionnaire, QuestionnaireStatus
from server.console import audience_form, conflicts, forms
from server.console.campaigns import bp, screens
from server.console.forms import Form
from server.console.guard import find, me, requires, scope
from server.console.listing import choices
from services.errors import Conflict, IllegalMove, Invalid
from services.messaging import campaign_values, campaigns, channels, variables
from services.publishing import e_journals, notices

Answer = str | tuple[str, int] | Response
OFFERED = 60
COVERS_SHOWN = 23
COLUMN_OF = {
    ContentKind.ACTIVITY: "activity",
    ContentKind.E_JOURNAL_ISSUE: "issue",
    ContentKind.QUESTIONNAIRE: "questionnaire",
    ContentKind.NOTICE: "published_notice",
}


@bp.get("/new")
@requires("campaigns.manage")
def new() -> Answer:
    """`?content=activity:12` chooses the content beforehand."""
    given = {"content": request.args.get("content", ""), "reach": "everyone"}
    return _page(forms.filled(given), None)


@bp.post("/new")
@requires("campaigns.manage")
def create() -> Answer:
    form = forms.submitted()
    try:
        campaign = campaigns.create(_read(form), actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _page(form, None), 422
    flash("草稿已保存。看一看手机上的样子，没有问题就送审", "success")
    return redirect(url_for(".show", campaign_id=campaign.id))


@bp.get("/<int:campaign_id>/edit")
@requires("campaigns.manage")
def edit(campaign_id: int) -> Answer:
    campaign = find(Campaign, campaign_id)
    if campaign.is_automatic:
        flash("自动通知的文字按审定的用语生成，不能修改；可以暂停或取消", "warning")
        return redirect(url_for(".show", campaign_id=campaign.id))
    if campaign.is_digest:
        flash("摘要由各条推送组成，请在这里调整条目", "warning")
        return redirect(url_for(".show", campaign_id=campaign.id))
    return _page(_form_of(campaign), campaign)


@bp.post("/<int:campaign_id>/edit")
@requires("campaigns.manage")
def update(campaign_id: int) -> Answer:
    campaign, form = find(Campaign, campaign_id), forms.submitted()
    try:
        if campaign.is_digest:
            raise IllegalMove("摘要由各条推送组成，请在“摘要群发”里调整条目")
        values = _read(form, campaign.scheduled_at)
        campaigns.update(campaign, values, version=form.integer("version") or 0, actor=me())
    except Invalid as wrong:
        form.fail(wrong)
        return _page(form, campaign), 422
    except Conflict as changed:
        if "version" not in changed.details:
            raise
        form.fail(changed)
        fresh = find(Campaign, campaign_id)
        conflicts.tell(form, campaign, _form_of(fresh), LABELS, choices=CHOICES)
        return _page(form, fresh), 409
    flash("已保存", "success")
    return redirect(url_for(".show", campaign_id=campaign.id))


@bp.get("/audience")
@requires("campaigns.manage")
def audience() -> str:
    """How many are meant, and ten of them, masked: shown while the form is filled in."""
    return audience_form.counted(Form(request.args))


def _read(form: Form, was: datetime | None = None) -> dict[str, Any]:
    """The values of the form as `campaigns.create` takes them; `was` is the time set before.

    Raises Invalid with all that is wrong.
    """
    kind, topic, title, chosen = content(form.text("content"))
    values: dict[str, Any] = {
        "title": form.text("title") or title,
        "summary": form.text("summary"),
        "cover_token": form.text("cover_token"),
        "topic": topic,
        "content_kind": kind,
        **dict.fromkeys(COLUMN_OF.values()),
        **chosen,
        "audience": audience_form.read(form),
        "channels": form.many("channels"),
        "scheduled_at": form.moment("scheduled_at"),
        "deadline_at": form.moment("deadline_at"),
        "quiet_hours_override": form.text("quiet_hours_override"),
    }
    scheduled_at, deadline_at = values["scheduled_at"], values["deadline_at"]
    if scheduled_at and deadline_at and deadline_at <= scheduled_at:
        form.errors["deadline_at"] = "截止时间须晚于发送时间"
    if scheduled_at and scheduled_at < clock.utc_now() and scheduled_at != was:
        form.errors["scheduled_at"] = "发送时间已经过去，请重新选择；也可先留空"
    if kind is None:
        form.errors["content"] = "请选择要推送的活动、期刊、问卷或通知"
    form.check()
    return values


def content(chosen: str) -> tuple[ContentKind | None, Topic | None, str, dict[str, int]]:
    """`activity:12` as kind, topic, title and the column that holds it."""
    name, _, number = chosen.partition(":")
    if name not in COLUMN_OF or not number.isdecimal():
        return None, None, "", {}
    kind, row_id = ContentKind(name), int(number)
    column = {COLUMN_OF[kind]: row_id}
    if kind is ContentKind.ACTIVITY:
        activity = find(Activity, row_id)
        is_lecture = activity.series.kind is ActivityKind.LECTURE
        return kind, Topic.LECTURE if is_lecture else Topic.SALON, activity.title, column
    if kind is ContentKind.E_JOURNAL_ISSUE:
        issue = e_journals.find(row_id, actor=me())
        return kind, Topic.E_JOURNAL, f"{issue.e_journal.name}{issue.issue_no}", column
    if kind is ContentKind.NOTICE:
        return kind, Topic.NOTICE, notices.find(row_id, actor=me()).title, column
    return kind, Topic.SURVEY, find(Questionnaire, row_id).title, column


LABELS = {
    "content": "内容",
    "title": "标题",
    "summary": "一句话简介",
    "cover_token": "群发封面",
    **audience_form.LABELS,
    "channels": "渠道",
    "scheduled_at": "发送时间",
    "deadline_at": "截止时间",
    "quiet_hours_override": "免打扰时段发送的理由",
}
CHOICES = {
    "reach": [("everyone", "全部"), ("some", "按条件"), ("saved", "常用受众")],
    "tiers": choices(TIER_WORDS),
    "roles": choices(ROLE_WORDS),
    "topics": choices(TOPIC_WORDS),
    "channels": choices(CHANNEL_WORDS),
}


def _form_of(campaign: Campaign) -> Form:
    column = COLUMN_OF[campaign.content_kind]
    return forms.filled(
        {
            "content": f"{campaign.content_kind.value}:{getattr(campaign, f'{column}_id')}",
            "title": campaign.title,
            "summary": campaign.summary,
            "cover_token": campaign.cover_token,
            **audience_form.values_of(campaign.audience),
            "channels": campaign.channels,
            "scheduled_at": campaign.scheduled_at,
            "deadline_at": campaign.deadline_at,
            "quiet_hours_override": campaign.quiet_hours_override,
            "version": campaign.version,
        }
    )


def _page(form: Form, campaign: Campaign | None) -> str:
    return render_template(
        "console/campaigns/form.html",
        form=form,
        campaign=campaign,
        frame=screens.frame(campaign) if campaign else None,
        contents=_offered(campaign),
        offer=audience_form.offered(),
        variables=variables.VARIABLES,
        covers=_covers(form),
        channels=choices(CHANNEL_WORDS, [each for each in Channel if each in channels.of_account()]),
        min_time=clock.to_local(clock.utc_now()).strftime(forms.MOMENT_FORMATS[0]),
    )


def _covers(form: Form) -> list[Picture]:
    """The latest pictures that may be a cover; the one chosen stays on offer."""
    usable = campaign_values.covers(me())
    shown = list(usable.limit(COVERS_SHOWN))
    chosen = form.shown("cover_token")
    if chosen and chosen not in [each.token for each in shown]:
        shown += list(Picture.select().where(Picture.token == chosen))
    return shown


def _offered(campaign: Campaign | None) -> list[tuple[str, list[tuple[str, str]]]]:
    """What may be pushed now, by kind; the campaign's own content stays on offer."""
    now, bound = clock.utc_now(), scope()
    issues = (
        e_journals.visible(actor=me())
        .where(EJournalIssue.status == IssueStatus.PUBLISHED)
        .order_by(EJournalIssue.published_at.desc())
        .limit(OFFERED)
    )
    surveys = Questionnaire.select().where(Questionnaire.status == QuestionnaireStatus.OPEN)
    if bound is not None:
        surveys = surveys.where(Questionnaire.member_unit == bound)
    announced = notices.visible(actor=me()).where(Notice.status == NoticeStatus.PUBLISHED)
    announced = announced.order_by(Notice.published_at.desc()).limit(OFFERED)
    groups = [
        (
            "活动",
            [
                (f"activity:{row.id}", f"{clock.to_local(row.starts_at):%m-%d %H:%M} {row.title}")
                for row in audience_form.activities()
                if row.ends_at > now
            ],
        ),
        ("期刊", [(f"e_journal_issue:{row.id}", f"{row.e_journal.name}{row.issue_no}") for row in issues]),
        (
            "问卷",
            [(f"questionnaire:{row.id}", row.title) for row in surveys.order_by(Questionnaire.id.desc())],
        ),
        ("通知公告", [(f"notice:{row.id}", row.title) for row in announced]),
    ]
    if campaign is not None:
        own = _form_of(campaign).shown("content")
        if own not in [value for _, offered in groups for value, _ in offered]:
            groups.append(("现在的内容", [(own, campaign.title)]))
    return groups
