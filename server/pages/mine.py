"""首页 and 我的: what comes next, topics, notices of late, the privacy notice."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

import clock
from models.messaging import REACHED, Campaign, Channel, ContentKind, Delivery
from models.people import ALL_TOPIC_WORDS, TOPIC_WORDS, Topic
from server.pages import member
from server.pages.member import here, me, member_only
from services import activities, bindings, one_time_consents, opt_ins
from services.errors import Invalid
from services.messaging import contents
from services.one_time_consents import Told
from services.publishing import e_journals, notices
from services.surveys import pages as survey_pages

bp = Blueprint("mine", __name__)
Answer = str | Response
MOST_MESSAGES = 30  # a page

TOPIC_HINTS = {
    Topic.LECTURE: "红色讲坛等讲座的通知",
    Topic.SALON: "教学、学术沙龙和研讨会的通知",
    Topic.E_JOURNAL: "新一期电子期刊的目录",
    Topic.SURVEY: "需求征集的邀请",
}


@bp.get("/")
@member_only
def home() -> Answer:
    person = me()
    coming = activities.upcoming(person=person, limit=3)
    reads = activities.is_member_today(person)
    return render_template(
        "pages/home.html",
        activities=coming,
        taken=activities.occupied(each.id for each in coming),
        own=activities.own([each.id for each in coming], person),
        is_open=activities.is_open,
        issues=e_journals.latest(2) if reads else [],
        notices=notices.latest(person, 3),
        unfinished=member.unfinished(),
    )


@bp.get("/me")
@member_only
def overview() -> Answer:
    """我的: who I am here, what is mine, and the way to each."""
    person = me()
    now = clock.utc_now()
    return render_template(
        "pages/me.html",
        person=person,
        coming=sum(row.activity.ends_at > now for row in activities.mine(person)),
        to_answer=sum(not each.is_completed for each in survey_pages.mine(person)),
        topic_words="、".join(TOPIC_WORDS[each] for each in TOPIC_WORDS if each in opt_ins.topics_of(person)),
    )


@bp.get("/topics")
@member_only
def topics() -> Answer:
    return render_template(
        "pages/topics.html",
        topics=TOPIC_WORDS,
        hints=TOPIC_HINTS,
        chosen=opt_ins.topics_of(me()),
        may_remind=one_time_consents.is_offered(),
        reminders=one_time_consents.waiting(here()),
        may_ask=bool(_remind_address()),
    )


@bp.get("/remind")
@member_only
def remind() -> Answer:
    """To WeChat's own page, which asks for one reminder; the address is made at the tap, so it is fresh."""
    return redirect(_remind_address() or url_for(".topics"))


def _remind_address() -> str:
    return one_time_consents.address(here(), back=url_for(".reminded"))


@bp.get("/remind/answered")
@member_only
def reminded() -> Answer:
    """Back from WeChat's page with the member's answer."""
    names = ("openid", "template_id", "action", "scene", "reserved")
    one_time_consents.answered(here(), Told(*(request.args.get(name, "") for name in names)))
    return redirect(url_for(".topics"))


@bp.post("/topics")
@member_only
def set_topic() -> Answer:
    """One switch: the form names the topic and the state that is wanted, so a repeat changes nothing."""
    topic = next((each for each in TOPIC_WORDS if each.value == request.form.get("topic")), None)
    wanted = request.form.get("wanted", "")
    if topic is None or wanted not in ("on", "off"):
        raise Invalid("没有这个订阅项目，请返回重试")
    opt_ins.set_topic(me(), topic, wanted == "on", source="page")
    return redirect(url_for(".topics"))


@bp.get("/messages")
@member_only
def messages() -> Answer:
    """All notices that reached the person, whatever channel carried them, the latest first."""
    number = max(1, request.args.get("page", 1, type=int))
    sent = (
        Delivery.select(Delivery, Campaign)
        .join(Campaign)
        .where(Delivery.person == me().id, Delivery.status.in_(REACHED))
        .order_by(Delivery.id.desc())
        .limit(MOST_MESSAGES + 1)
        .offset((number - 1) * MOST_MESSAGES)
    )
    rows = list(sent)
    return render_template(
        "pages/messages.html",
        deliveries=sorted(
            rows[:MOST_MESSAGES], key=lambda each: each.settled_at or each.created_at, reverse=True
        ),
        number=number,
        has_more=len(rows) > MOST_MESSAGES,
        summary=contents.summary,
        link_of=_link_of,
        headline=contents.headline,
        channel_words=CARRIED_BY,
        topic_words=ALL_TOPIC_WORDS,
    )


@bp.get("/privacy")
def privacy() -> Answer:
    """Open to everybody: it is read before anything is agreed to."""
    lines = bindings.PRIVACY_NOTICE.splitlines()
    title = lines[0].strip("【】")
    return render_template(
        "pages/privacy.html",
        title=title,
        lines=lines[1:],
        version=bindings.PRIVACY_NOTICE_VERSION.removeprefix("privacy-"),
    )


# In a member's words: how the notice came.
CARRIED_BY = {
    Channel.WINDOW_MESSAGE: "公众号消息",
    Channel.TEMPLATE_MESSAGE: "服务通知",
    Channel.ONE_TIME_SUBSCRIPTION: "订阅通知",
    Channel.DIGEST: "公众号群发",
    Channel.MASS_SEND: "公众号群发",
    Channel.RIDER: "随回复附上",
}


def _link_of(campaign: Campaign) -> str:
    """The page of what was sent."""
    if campaign.content_kind is ContentKind.ACTIVITY:
        return url_for("pages.activities.show", activity_id=campaign.activity_id)
    if campaign.content_kind is ContentKind.E_JOURNAL_ISSUE:
        return url_for("pages.issues.show", issue_id=campaign.issue_id)
    if campaign.content_kind is ContentKind.QUESTIONNAIRE and campaign.questionnaire_id is not None:
        return url_for("pages.surveys.show", survey_id=campaign.questionnaire_id)
    if campaign.content_kind is ContentKind.NOTICE and campaign.published_notice_id is not None:
        return url_for("pages.notices.show", notice_id=campaign.published_notice_id)
    if campaign.content_kind is ContentKind.AUTOMATIC_NOTICE and campaign.notice is not None:
        return str(campaign.notice.url)
    return ""
