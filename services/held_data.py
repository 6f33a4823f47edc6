"""Everything held about a person (个人信息查阅), as data to take along and in words to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import clock
import config
from models.activities import SIGN_UP_WORDS, Activity, FeedbackVote, SignUp
from models.audiences import PersonList, PersonListMember
from models.automatic_notices import AutomaticNotice, NoticeKind
from models.bindings import BINDING_REQUEST_STATUS_WORDS, DIALOGUE, BindingRequest
from models.check_ins import CHECK_IN_STATUS_WORDS, CHECK_IN_WAY_WORDS, CheckIn
from models.complaints import COMPLAINT_KIND_WORDS, COMPLAINT_STATUS_WORDS, Complaint, ComplaintStep
from models.inbound import InboundMessage, InboxItem, StaffReply
from models.messaging import CHANNEL_WORDS, REACHED, Campaign, Delivery
from models.mini_reminders import MiniReminder
from models.people import ROLE_WORDS, TOPIC_WORDS, Consent, Follower, Person, PersonRole, TopicOptIn
from models.surveys import DISPOSITION_WORDS, Participation, Questionnaire, Response
from models.trial_sends import Tester
from services import mini_sessions
from services.masking import mask_phone

NOTICE = "个人信息告知"
INSIDE_WORDS = {True: "在", False: "不在", None: "没有提供位置"}


def of(person: Person, *, by_staff: bool = False) -> dict[str, Any]:
    """All of it, by what it is called in words. Answers promised anonymous are nobody's, so not here.

    `by_staff`: without complaints, also those that hide the name, and what tells of them, and without
    who gave feedback: the person's own school would read them.
    """
    told = {
        "姓名": person.name,
        "手机号": person.phone or "",
        "单位": person.member_unit.name,
        "职务": person.position,
        "登记时间": _local(person.created_at),
        "身份": _roles(person),
        "微信绑定": _bindings(person),
        "绑定申请": _requests(person),
        "订阅": _topics(person),
        "同意记录": [
            {"事项": about, "同意": is_granted, "时间": _local(at), "文本版本": version}
            for about, is_granted, at, version in _consents(person)
        ],
        "报名": _sign_ups(person),
        "签到": _check_ins(person),
        "收到的通知": _notices(person, without_complaints=by_staff),
        "实名问卷": _responses(person),
        "参与的问卷": _participations(person),
        "给工作人员的留言": _inbox_items(person),
        "工作人员的答复": _staff_replies(person, without_complaints=by_staff),
        "小程序登录": _mini_sessions(person),
        "小程序提醒": _reminders(person),
        "所在名单": _person_lists(person),
        "试收推送": Tester.select().where(Tester.person == person).exists(),
        "近30天聊天消息数": _messages(person),
    }
    if not by_staff:
        told |= {"活动评价": _votes(person), "投诉建议": _complaints(person)}
    return told


def in_words(person: Person) -> list[tuple[str, list[str]]]:
    """The same for a page: short lines, the phone masked, counts for what has pages of its own."""
    told = of(person)
    present = [each for each in told["身份"] if not each["止"]]
    return [
        ("姓名", [person.name]),
        ("手机号", [mask_phone(person.phone) or "未登记"]),
        ("单位和职务", [f"{person.member_unit.name}　{person.position}".strip()]),
        ("身份", [f"{each['身份']}（{each['单位']}，{each['起']} 起）" for each in present]),
        ("微信绑定", [f"{each['应用']}：{each['绑定时间']} 绑定" for each in told["微信绑定"]]),
        ("订阅", [name for name, each in told["订阅"].items() if each["开启"]]),
        ("报名", _count(told["报名"], "场活动")),
        ("签到", _count(told["签到"], "次")),
        ("收到的通知", _count(told["收到的通知"], "条")),
        ("实名问卷", _count(told["实名问卷"], "份")),
        ("参与的问卷", _count(told["参与的问卷"], "份（匿名的只记参与过，不记答了什么）")),
        ("活动评价", _count(told["活动评价"], "次（只记评过，不记内容是谁写的）")),
        ("投诉建议", _count(told["投诉建议"], "件")),
        ("给工作人员的留言", _count(told["给工作人员的留言"], "条")),
        ("工作人员的答复", _count(told["工作人员的答复"], "条")),
        ("所在名单", [f"{each['名单']}：{each['理由']}" for each in told["所在名单"]]),
        ("小程序登录", _count(told["小程序登录"], "处")),
        ("聊天消息", [f"近30天 {told['近30天聊天消息数']} 条，加密保存，到期删除"]),
        ("不保存", ["位置（签到时愿意提供的，只记在不在现场）、头像、微信昵称；匿名问卷里谁答了什么"]),
    ]


def consents_in_words(person: Person) -> list[tuple[str, str, datetime]]:
    """Every yes and no, the newest first: about what, which, when."""
    return [
        (about, "同意" if is_granted else "不同意或撤回", at)
        for about, is_granted, at, _ in reversed(list(_consents(person)))
    ]


def flat(told: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Nested data as two columns: `身份 1 · 单位`."""
    rows: list[tuple[str, str]] = []
    for name, value in told.items():
        label = f"{prefix}{name}"
        if isinstance(value, dict):
            rows += flat(value, f"{label} · ")
        elif isinstance(value, list):
            for number, each in enumerate(value, 1):
                rows += flat(each, f"{label} {number} · ")
        else:
            shown = ("是" if value else "否") if isinstance(value, bool) else str(value)
            rows.append((label, shown))
    return rows


def _roles(person: Person) -> list[dict[str, str]]:
    return [
        {
            "身份": ROLE_WORDS[role.role],
            "单位": role.member_unit.name,
            "起": str(role.valid_from),
            "止": str(role.valid_to or ""),
        }
        for role in PersonRole.select().where(PersonRole.person == person).order_by(PersonRole.id)
    ]


def _consents(person: Person) -> Iterator[tuple[str, bool, datetime, str]]:
    for row in Consent.select().where(Consent.person == person).order_by(Consent.given_at, Consent.id):
        about = f"订阅{TOPIC_WORDS[row.topic]}" if row.topic in TOPIC_WORDS else NOTICE
        yield about, bool(row.is_granted), row.given_at, row.text_version


def _bindings(person: Person) -> list[dict[str, Any]]:
    """In the account one follows, in the mini program one does not."""
    mini = config.settings().mini_app_id
    return [
        {"应用": "小程序", "绑定时间": _local(row.bound_at)}
        if row.app_id == mini
        else {"应用": "公众号", "绑定时间": _local(row.bound_at), "正在关注": row.is_following}
        for row in Follower.select().where(Follower.person == person).order_by(Follower.id)
    ]


def _requests(person: Person) -> list[dict[str, str]]:
    rows = BindingRequest.select().where(
        BindingRequest.person == person, BindingRequest.status.not_in(DIALOGUE)
    )
    return [
        {
            "提交时间": _local(row.agreed_at or row.created_at),
            "状态": BINDING_REQUEST_STATUS_WORDS[row.status],
        }
        for row in rows.order_by(BindingRequest.id)
    ]


def _topics(person: Person) -> dict[str, dict[str, Any]]:
    rows = TopicOptIn.select().where(TopicOptIn.person == person).order_by(TopicOptIn.id)
    return {
        TOPIC_WORDS[row.topic]: {"开启": row.is_on, "时间": _local(row.changed_at), "来源": row.source}
        for row in rows
        if row.topic in TOPIC_WORDS
    }


def _complaints(person: Person) -> list[dict[str, str]]:
    return [
        {
            "时间": _local(row.created_at),
            "类别": COMPLAINT_KIND_WORDS[row.kind],
            "内容": row.text,
            "状态": COMPLAINT_STATUS_WORDS[row.status],
            "答复": row.answer or "",
        }
        for row in Complaint.select().where(Complaint.person == person).order_by(Complaint.id)
    ]


def _sign_ups(person: Person) -> list[dict[str, str]]:
    rows = SignUp.select(SignUp, Activity).join(Activity).where(SignUp.person == person)
    return [
        {
            "活动": row.activity.title,
            "时间": _local(row.activity.starts_at),
            "状态": SIGN_UP_WORDS[row.status],
        }
        for row in rows.order_by(SignUp.id)
    ]


def _check_ins(person: Person) -> list[dict[str, str]]:
    rows = CheckIn.select(CheckIn, Activity).join(Activity).where(CheckIn.person == person)
    return [
        {
            "活动": row.activity.title,
            "时间": _local(row.at),
            "方式": CHECK_IN_WAY_WORDS[row.way],
            "状态": CHECK_IN_STATUS_WORDS[row.status],
            "现场": INSIDE_WORDS[row.is_inside],
        }
        for row in rows.order_by(CheckIn.id)
    ]


def _votes(person: Person) -> list[dict[str, str]]:
    """That the person voted, never what: the two are kept apart."""
    rows = FeedbackVote.select(FeedbackVote, Activity).join(Activity).where(FeedbackVote.person == person)
    return [{"活动": row.activity.title} for row in rows.order_by(Activity.starts_at, Activity.id)]


def _inbox_items(person: Person) -> list[dict[str, str]]:
    rows = InboxItem.select().join(Follower).where(Follower.person == person).order_by(InboxItem.id)
    return [{"时间": _local(row.created_at), "内容": row.text} for row in rows]


def _staff_replies(person: Person, *, without_complaints: bool) -> list[dict[str, str]]:
    rows = StaffReply.select().join(Follower).where(Follower.person == person)
    if without_complaints:
        answers = ComplaintStep.select(ComplaintStep.reply).where(ComplaintStep.reply.is_null(False))
        rows = rows.where(StaffReply.id.not_in(answers))
    return [{"时间": _local(row.created_at), "内容": row.text} for row in rows.order_by(StaffReply.id)]


def _mini_sessions(person: Person) -> list[dict[str, str]]:
    return [
        {"手机": row.device, "登录时间": _local(row.created_at), "最近使用": _local(row.last_seen_at)}
        for row in mini_sessions.of_person(person)
    ]


def _reminders(person: Person) -> list[dict[str, str]]:
    rows = MiniReminder.select(MiniReminder, Activity).join(Activity).switch(MiniReminder).join(Follower)
    return [
        {"活动": row.activity.title, "同意时间": _local(row.granted_at)}
        for row in rows.where(Follower.person == person).order_by(MiniReminder.id)
    ]


def _person_lists(person: Person) -> list[dict[str, str]]:
    """The lists one is on, mostly of those whom pushes leave out, and why."""
    rows = PersonListMember.select(PersonListMember, PersonList).join(PersonList)
    return [
        {"名单": row.list.name, "理由": row.list.reason}
        for row in rows.where(PersonListMember.person == person).order_by(PersonList.id)
    ]


def _notices(person: Person, *, without_complaints: bool) -> list[dict[str, str]]:
    rows = (
        Delivery.select(Delivery, Campaign)
        .join(Campaign)
        .where(Delivery.person == person, Delivery.status.in_(REACHED))
        .order_by(Delivery.id)
    )
    if without_complaints:
        about = AutomaticNotice.kind == NoticeKind.COMPLAINT_ANSWERED
        rows = rows.where(Campaign.id.not_in(AutomaticNotice.select(AutomaticNotice.campaign).where(about)))
    return [
        {
            "通知": row.campaign.title,
            "时间": _local(row.settled_at or row.created_at),
            "渠道": CHANNEL_WORDS[row.channel] if row.channel else "",
        }
        for row in rows
    ]


def _responses(person: Person) -> list[dict[str, str]]:
    rows = Response.select(Response, Questionnaire).join(Questionnaire).where(Response.person == person)
    return [
        {"问卷": row.questionnaire.title, "完成时间": _local(row.completed_at)}
        for row in rows.order_by(Response.created_at)
    ]


def _participations(person: Person) -> list[dict[str, str]]:
    """That the person took part, never what was answered."""
    rows = Participation.select(Participation, Questionnaire).join(Questionnaire)
    return [
        {"问卷": row.questionnaire.title, "状态": DISPOSITION_WORDS[row.disposition]}
        for row in rows.where(Participation.person == person).order_by(Questionnaire.id)
    ]


def _messages(person: Person) -> int:
    mine = Follower.select(Follower.id).where(Follower.person == person)
    return int(
        InboundMessage.select()
        .where(InboundMessage.follower.in_(mine), InboundMessage.raw.is_null(False))
        .count()
    )


def _count(rows: Iterable[Any], word: str) -> list[str]:
    number = len(list(rows))
    return [f"{number} {word}"] if number else []


def _local(moment: datetime | None) -> str:
    return f"{clock.to_local(moment):%Y-%m-%d %H:%M}" if moment is not None else ""
