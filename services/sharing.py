"""Words to paste into a class group (班级群): what it is, how to take part, until when.

Plain text for people who pass it on by hand. It says no more than the channels would: of an
e-journal the title, the columns and the way to the signed-in page.
"""

from __future__ import annotations

from datetime import datetime

import clock
import config
from models.activities import ACTIVITY_KIND_WORDS, Activity, ActivityStatus
from models.messaging import Campaign
from models.publishing import EJournalIssue
from models.surveys import Questionnaire
from services.messaging import contents
from services.publishing import e_journals
from services.surveys import chat_text, sheet
from wechat.capabilities import Capability, granted

SURVEY_WORD = "需求征集"
ISSUE_WORD = "期刊"
TOLD = (Activity, EJournalIssue, Questionnaire)
WEEKDAYS = "一二三四五六日"
FIRST_TIME = "还没有绑定的，请先在公众号里回复“绑定 邀请码”，邀请码向本单位联络员索取。"


def text_of(content: Activity | EJournalIssue | Questionnaire, *, summary: str = "") -> str:
    """The text for this content; `summary` is one more sentence of a campaign about it."""
    if isinstance(content, Questionnaire):
        lines = _questionnaire(content)
    elif isinstance(content, EJournalIssue):
        lines = _issue(content)
    else:
        lines = _activity(content)
    if summary:
        lines.insert(1, summary)
    return "\n".join(lines)


def of_campaign(campaign: Campaign) -> str:
    """The text about what a campaign tells; "" while that may not go out, and for automatic notices."""
    content = contents.content_of(campaign)
    if not isinstance(content, TOLD) or contents.why_not_sendable(campaign):
        return ""
    return text_of(content, summary=campaign.summary)


def of_activity(activity: Activity) -> str:
    """The text about an activity that one may still sign up for; else ""."""
    is_open = activity.status is ActivityStatus.PUBLISHED and activity.ends_at > clock.utc_now()
    return text_of(activity) if is_open else ""


def _questionnaire(questionnaire: Questionnaire) -> list[str]:
    count = len(sheet.of(questionnaire.id).questions)
    privacy = chat_text.ANONYMOUS if questionnaire.is_anonymous else chat_text.NAMED
    lines = [f"【{SURVEY_WORD}】{questionnaire.title}"]
    if questionnaire.intro:
        lines.append(questionnaire.intro)
    lines.append(f"共{count}题。{privacy}")
    by_chat = f"回复“{SURVEY_WORD}”，点选作答，可随时离开，回复“继续”接着答"
    lines += _ways("怎么填写", by_chat, f"/m/surveys/{questionnaire.id}", "用网页填写")
    if questionnaire.closes_at is not None:
        lines.append(f"截止时间：{_when(questionnaire.closes_at)}")
    return [*lines, FIRST_TIME]


def _issue(issue: EJournalIssue) -> list[str]:
    lines = [f"【新刊】{issue.e_journal.name}{issue.issue_no}"]
    names = [column.name for column in e_journals.columns_of(issue)]
    if names:
        lines.append(f"栏目：{'、'.join(names)}")
    by_chat = f"回复“{ISSUE_WORD}”，登录后阅读"
    lines += _ways("怎么阅读", by_chat, f"/m/issues/{issue.id}", "点链接登录阅读")
    return [*lines, f"{e_journals.permit_line(issue)}，请勿外传。", FIRST_TIME]


def _activity(activity: Activity) -> list[str]:
    number = f"第{activity.series_no}期" if activity.series_no else ""
    word = ACTIVITY_KIND_WORDS[activity.series.kind]  # chat understands it too
    lines = [
        f"【{word}】{activity.series.name}{number}：{activity.title}",
        f"时间：{_when(activity.starts_at)}",
        f"地点：{activity.place}",
    ]
    if activity.speaker:
        lines.append(f"主讲：{activity.speaker}")
    by_chat = f"回复“{word}”，点活动名称报名"
    lines += _ways("怎么报名", by_chat, f"/m/activities/{activity.id}", "点链接查看和报名")
    if activity.sign_up_closes_at is not None:
        lines.append(f"报名截止：{_when(activity.sign_up_closes_at)}")
    return [*lines, FIRST_TIME]


def _ways(title: str, by_chat: str, path: str, on_page: str) -> list[str]:
    """By chat, and by the page where the account can sign people in there."""
    settings = config.settings()
    chat = f"打开微信公众号“{settings.wechat_account_name}”，{by_chat}"
    if Capability.WEB_OAUTH not in granted(settings.wechat_account_kind, verified=settings.wechat_verified):
        return [f"{title}：{chat}。"]
    return [f"{title}（任选一种）：", f"1. {chat}；", f"2. {on_page}：{settings.public_url}{path}"]


def _when(moment: datetime) -> str:
    at = clock.to_local(moment)
    return f"{at.year}年{at.month}月{at.day}日（周{WEEKDAYS[at.weekday()]}）{at:%H:%M}"
