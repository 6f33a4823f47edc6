"""What members read: one content, worded for each channel.

The e-journal is internal material (docs/concepts.md): what goes out is its title, columns and
a link to the signed-in page; an article's text enters a draft only where it is marked public.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from html import escape as escape_html
from typing import Any

import clock
import config
from models.activities import Activity, ActivityStatus
from models.automatic_notices import AutomaticNotice
from models.digests import Digest
from models.messaging import Campaign, CampaignStatus, ContentKind, TemplateMapping
from models.notices import Notice, NoticeFile, NoticeStatus
from models.people import ALL_TOPIC_WORDS
from models.publishing import EJournal, EJournalArticle, EJournalColumn, EJournalIssue, IssueStatus
from models.sending import PauseKind, SendingPause
from models.surveys import Option, Question, Questionnaire, QuestionnaireStatus
from services.errors import Invalid
from services.html import plain_text
from services.messaging import audiences, digest_items, filled_later, notice_texts, variables
from services.messaging.variables import PersonWords, day_and_time
from wechat.template_values import BadValue, format_value
from wechat.texts import cut_to_bytes, escape, menu_link, web_link

CHAT_BYTES = 2000
SAID_BYTES = CHAT_BYTES - 400  # what is said; the way on takes the rest
RIDER_BYTES = 300
THING = 20
ONE_TIME_TITLE, ONE_TIME_TEXT = 15, 200
ARTICLE_TITLE, ARTICLE_AUTHOR, ARTICLE_DIGEST = 32, 16, 120
EXCERPT = 60
SURVEY_WORD = "需求征集"
WEEKDAYS = "一二三四五六日"

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_KEY_TYPE = re.compile(r"^([a-z_]+?)\d*$")


@dataclass(frozen=True, slots=True)
class Article:
    """One article of a draft, within the platform's limits (contract §9)."""

    title: str
    author: str
    digest: str
    content_html: str
    source_url: str


Content = Activity | EJournalIssue | Questionnaire | Notice | AutomaticNotice | Digest


def content_of(campaign: Campaign) -> Content | None:
    """The row that the campaign is about; None when none was chosen."""
    if campaign.is_automatic:
        notice: AutomaticNotice | None = campaign.notice
        return notice
    if campaign.is_digest:
        digest: Digest | None = campaign.digest
        return digest
    if campaign.content_kind is ContentKind.ACTIVITY:
        return campaign.activity
    if campaign.content_kind is ContentKind.E_JOURNAL_ISSUE:
        return campaign.issue
    if campaign.content_kind is ContentKind.NOTICE:
        return campaign.published_notice
    return campaign.questionnaire


def why_not_sendable(campaign: Campaign) -> str:
    """Why the content cannot go out now, in words; "" when it can."""
    if campaign.is_automatic:
        return notice_texts.why_not_sendable(campaign)
    content = content_of(campaign)
    if content is None:
        return "请选择要推送的内容"
    if isinstance(content, Digest):
        return _why_not_carried(campaign)
    if isinstance(content, Activity):
        if content.status is not ActivityStatus.PUBLISHED:
            return "活动未发布或已取消，不能推送"
        return "" if content.ends_at > clock.utc_now() else "活动已经结束，不能推送"
    if isinstance(content, EJournalIssue):
        return "" if content.status is IssueStatus.PUBLISHED else "这一期未发布或已撤回，不能推送"
    if isinstance(content, Notice):
        return "" if content.status is NoticeStatus.PUBLISHED else "这条通知未发布或已撤回，不能推送"
    if content.status is not QuestionnaireStatus.OPEN:
        return "问卷未开放或已结束，不能推送"
    if content.closes_at is not None and content.closes_at <= clock.utc_now():
        return "问卷已到截止时间，不能推送"
    return ""


def _why_not_carried(campaign: Campaign) -> str:
    """Why a digest cannot go with what it carries, in words."""
    items = digest_items.carried(campaign)
    if not items:
        return "这一期没有条目，不发送"
    # who waits for midnight's quota only still goes by digest: that is another interface's
    by_quota = SendingPause.select(SendingPause.campaign).where(
        SendingPause.ended_at.is_null(), SendingPause.kind == PauseKind.QUOTA
    )
    resting = {row.campaign_id for row in by_quota}
    for item in items:
        goes = item.status is CampaignStatus.SENDING or (
            item.status is CampaignStatus.PAUSED and item.id in resting
        )
        why = "" if goes else "这个推送已暂停或结束，请移出摘要"
        if why := why or why_not_sendable(item):
            return f"《{item.title}》：{why}"
    return ""


def link(campaign: Campaign) -> str:
    """The page that shows the content; a questionnaire's is one way to answer it, chat the other."""
    if campaign.is_automatic:
        return notice_texts.link(campaign.notice)
    base = config.settings().public_url
    if campaign.content_kind is ContentKind.ACTIVITY:
        return f"{base}/m/activities/{campaign.activity_id}"
    if campaign.content_kind is ContentKind.E_JOURNAL_ISSUE:
        return f"{base}/m/issues/{campaign.issue_id}"
    if campaign.content_kind is ContentKind.NOTICE:
        return f"{base}/m/notices/{campaign.published_notice_id}"
    if campaign.is_digest:
        return f"{base}/m/"
    return f"{base}/m/surveys/{campaign.questionnaire_id}"


def headline(campaign: Campaign) -> str:
    """The content's own title, with its series or periodical: “红色讲坛第3期：…”."""
    content = content_of(campaign)
    if isinstance(content, Activity):
        number = f"第{content.series_no}期" if content.series_no else ""
        return f"{content.series.name}{number}：{content.title}"
    if isinstance(content, EJournalIssue):
        return f"{content.e_journal.name}{content.issue_no}"
    if isinstance(content, AutomaticNotice):
        return content.headline
    return campaign.title if isinstance(content, Digest | None) else content.title


def summary(campaign: Campaign, words: PersonWords | None = None) -> str:
    """The sentence with its variables said; without `words` nobody in particular is spoken to."""
    return variables.filled(campaign.summary, content_of(campaign), words)


def is_personal(campaign: Campaign) -> bool:
    """Whether what is sent differs from person to person."""
    return not campaign.is_automatic and variables.is_personal(campaign.summary)


def chat_said(campaign: Campaign, words: PersonWords | None = None) -> str:
    """What the window message says before the way on, escaped, not yet cut."""
    lines = [
        f"【{ALL_TOPIC_WORDS[campaign.topic]}】{headline(campaign)}",
        *_facts(campaign),
        _excerpt(campaign),
    ]
    return "\n".join(escape(line) for line in (*lines, summary(campaign, words)) if line)


def chat_text(campaign: Campaign, words: PersonWords | None = None) -> str:
    """The window message: what, when, where, one sentence and the way on. At most 2,000 bytes."""
    if campaign.is_automatic:
        return notice_texts.chat_text(campaign.notice)
    text = cut_to_bytes(chat_said(campaign, words), SAID_BYTES) + "\n" + _way_on(campaign)
    if campaign.content_kind is ContentKind.QUESTIONNAIRE:
        text += "，也可" + web_link("用网页填写", link(campaign))
    return text


def rider_said(campaign: Campaign) -> str:
    """What a rider says before the way on, escaped, not yet cut."""
    when = ""
    if campaign.content_kind is ContentKind.ACTIVITY and campaign.activity is not None:
        when = "，" + day_and_time(campaign.activity.starts_at)
    return f"【{ALL_TOPIC_WORDS[campaign.topic]}】{escape(headline(campaign))}{when}"


def rider_text(campaign: Campaign) -> str:
    """One notice of at most about 300 bytes, to ride on a reply."""
    if campaign.is_automatic:
        return notice_texts.rider_text(campaign.notice)
    return f"{cut_to_bytes(rider_said(campaign), RIDER_BYTES // 2)} {_way_on(campaign)}"


def one_time_said(campaign: Campaign, words: PersonWords | None = None) -> tuple[str, str]:
    """Title and content of a one-time subscription message, not yet cut."""
    if campaign.is_automatic:
        return notice_texts.one_time_fields(campaign.notice)
    lines = [headline(campaign), *_facts(campaign), _excerpt(campaign), summary(campaign, words)]
    said = "\n".join(line for line in lines if line)
    if campaign.content_kind is ContentKind.QUESTIONNAIRE:
        said += f"\n回复“{SURVEY_WORD}”即可填写"
    word = ALL_TOPIC_WORDS[campaign.topic]
    return word if word.startswith("通知") else f"{word}通知", said


def one_time_fields(campaign: Campaign, words: PersonWords | None = None) -> tuple[str, str]:
    """Title (≤ 15 characters) and content (≤ 200) of a one-time subscription message."""
    title, text = one_time_said(campaign, words)
    return _cut(title, ONE_TIME_TITLE), _cut(text, ONE_TIME_TEXT)


def template_fields(
    campaign: Campaign, mapping: TemplateMapping, words: PersonWords | None = None
) -> dict[str, str]:
    """The template's values by key, each within its type's limits (contract §7).

    Raises Invalid naming `content` when a value cannot be put into its field.
    """
    values = template_values(campaign, words)
    filled = {}
    for key, name in mapping.fields.items():
        if name not in values:
            raise Invalid(fields={"content": f"模板“{mapping.name}”的字段 {key}：这类内容没有“{name}”"})
        filled[key] = _fit(mapping, key, values[name])
    return filled


def article(campaign: Campaign) -> Article:
    """The article of the draft that a mass send carries."""
    said = summary(campaign)
    lines = [headline(campaign), *_facts(campaign), said]
    body = "".join(f"<p>{escape_html(line)}</p>" for line in lines if line) + _body_html(campaign)
    url = link(campaign)
    if campaign.content_kind is ContentKind.QUESTIONNAIRE:
        on_page = f'<a href="{escape_html(url)}">用网页填写</a>'
        body += f"<p>在公众号对话框回复“{SURVEY_WORD}”即可填写，也可{on_page}。</p>"
    else:
        body += f'<p><a href="{escape_html(url)}">查看详情</a></p>'
    return Article(
        title=_cut(headline(campaign), ARTICLE_TITLE),
        author=_cut(campaign.member_unit.short_name, ARTICLE_AUTHOR),
        digest=_cut(digest(campaign), ARTICLE_DIGEST),
        content_html=body,
        source_url=url,
    )


def digest(campaign: Campaign) -> str:
    """What stands under the title of an article's card, not yet cut."""
    told = summary(campaign) or _excerpt(campaign) or "，".join(_facts(campaign)) or headline(campaign)
    return _CONTROL.sub(" ", told)


def content_hash(campaign: Campaign) -> str:
    """64 hex digits over what is reviewed: all that members would read, and how far the author's
    audience may reach; equal as long as neither is changed."""
    read = [
        campaign.content_kind.value,
        campaign.title,
        campaign.summary,
        audiences.bound(campaign.author),
        filled_later.readable(campaign) or _readable(content_of(campaign)),
        *([campaign.cover_token] if campaign.cover_token else []),
    ]
    told = json.dumps(read, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()


def _readable(content: Content | None) -> Any:
    if isinstance(content, Digest):
        return [[item.id, content_hash(item)] for item in digest_items.carried(content.campaign)]
    if isinstance(content, Notice):
        files = NoticeFile.select().where(NoticeFile.notice == content.id).order_by(NoticeFile.id)
        held = [[each.title, each.storage_key] for each in files]
        return [content.title, content.issued_by, content.body_html, *held]
    if isinstance(content, AutomaticNotice):
        return [content.headline, content.text, content.url]
    if isinstance(content, Activity):
        fields = ("title", "speaker", "speaker_intro", "place", "body_html", "series_no")
        times = (content.starts_at, content.ends_at, content.sign_up_closes_at)
        return [content.series.name, times, [getattr(content, name) for name in fields]]
    if isinstance(content, EJournalIssue):
        articles = [
            [a.column.name, a.title, a.author, a.is_public, a.body_html if a.is_public else ""]
            for a in _articles(content)
        ]
        return [content.e_journal.name, content.issue_no, content.print_permit_no, content.summary, articles]
    if isinstance(content, Questionnaire):
        questions = Question.select().where(Question.questionnaire == content).order_by(Question.position)
        options = (
            Option.select(Option.question, Option.text)
            .join(Question)
            .where(Question.questionnaire == content)
            .order_by(Option.question, Option.position)
        )
        asked = [[q.kind.value, q.text, *filter(None, (q.low_words, q.high_words))] for q in questions]
        return [content.title, content.intro, asked, [[o.question_id, o.text] for o in options]]
    return None


def _articles(issue: EJournalIssue) -> list[EJournalArticle]:
    return list(
        EJournalArticle.select(EJournalArticle, EJournalColumn)
        .join(EJournalColumn)
        .where(EJournalColumn.issue == issue)
        .order_by(EJournalColumn.position, EJournalArticle.position)
    )


def _facts(campaign: Campaign) -> list[str]:
    """The lines of fact, unescaped."""
    content = content_of(campaign)
    if isinstance(content, AutomaticNotice):
        return [content.text]
    if isinstance(content, Notice):
        return [f"发布：{content.issued_by or content.member_unit.name}"]
    if isinstance(content, Activity):
        facts = [f"时间：{day_and_time(content.starts_at)}", f"地点：{content.place}"]
        return facts + ([f"主讲：{content.speaker}"] if content.speaker else [])
    if isinstance(content, EJournalIssue):
        columns = dict.fromkeys(a.column.name for a in _articles(content))
        facts = [f"栏目：{'、'.join(columns)}"] if columns else []
        permit = content.print_permit_no or content.e_journal.print_permit_no
        return facts + ([f"{permit}（内部资料，免费交流）"] if permit else [])
    if isinstance(content, Questionnaire):
        facts = [content.intro] if content.intro else []
        if content.is_anonymous:
            facts.append("本问卷匿名，只看汇总")
        if content.closes_at is not None:
            facts.append(f"截止：{day_and_time(content.closes_at)}")
        return facts
    return []


def _excerpt(campaign: Campaign) -> str:
    """How a notice begins, where its whole text does not follow."""
    content = content_of(campaign)
    if not isinstance(content, Notice):
        return ""
    return _cut(plain_text(content.body_html).replace("\n", " "), EXCERPT)


def _way_on(campaign: Campaign) -> str:
    if campaign.content_kind is ContentKind.ACTIVITY:
        return web_link("查看详情和报名", link(campaign))
    if campaign.content_kind is ContentKind.E_JOURNAL_ISSUE:
        return web_link("登录阅读", link(campaign))
    if campaign.content_kind is ContentKind.NOTICE:
        return web_link("查看通知全文", link(campaign))
    return f"回复“{SURVEY_WORD}”或" + menu_link("点此开始填写", SURVEY_WORD, f"campaign-{campaign.id}")


def _body_html(campaign: Campaign) -> str:
    content = content_of(campaign)
    if isinstance(content, Activity | Notice):
        return content.body_html
    if not isinstance(content, EJournalIssue):
        return ""
    body = ""
    for piece in _articles(content):
        body += f"<p>【{escape_html(piece.column.name)}】{escape_html(piece.title)}</p>"
        if piece.is_public:
            body += piece.body_html
    return body


def template_values(campaign: Campaign, words: PersonWords | None = None) -> dict[str, str]:
    """What a template's keys may take, not yet made to fit them."""
    content = content_of(campaign)
    if isinstance(content, AutomaticNotice):
        about = _activity_values(content.activity) if content.activity is not None else {}
        return about | notice_texts.template_values(content)
    values = {"title": headline(campaign)}
    if isinstance(content, Activity | Questionnaire | Notice):
        values["title"] = content.title
    values["summary"] = summary(campaign, words) or headline(campaign)
    if isinstance(content, Activity):
        values |= _activity_values(content)
    elif isinstance(content, EJournalIssue):
        journal: EJournal = content.e_journal
        values |= {
            "journal": journal.name,
            "e_journal": journal.name,
            "issue_no": content.issue_no,
            "published_at": _moment(content.published_at or clock.utc_now()),
        }
    return values


def _activity_values(activity: Activity) -> dict[str, str]:
    return {
        "series": activity.series.name,
        "starts_at": _moment(activity.starts_at),
        "ends_at": _moment(activity.ends_at),
        "place": activity.place,
        "speaker": activity.speaker or "待定",
    }


def _fit(mapping: TemplateMapping, key: str, value: str) -> str:
    """A value made to fit its key's type. Raises Invalid naming the field and the limit.

    A `thing` is cut, letters and names are taken out of what surrounds them; all else is as it is,
    or is refused before anything is queued: the platform would refuse every single message.
    """
    matched = _KEY_TYPE.match(key)
    kind = matched.group(1) if matched else ""
    value = _CONTROL.sub(" ", value).strip()
    if kind == "character_string":
        value = "-".join(re.findall(r"[0-9A-Za-z]+", value))[:32]
    elif kind == "name":
        value = re.sub(r"[\d]+", "", value)[:10]
    if not value:
        raise Invalid(fields={"content": f"模板字段 {key} 没有可填的内容，请补全活动或期刊的信息"})
    try:
        return format_value(key, value)
    except BadValue as bad:
        told = f"模板“{mapping.name}”的字段 {key} 不能填“{_cut(value, THING)}”：须是{bad.rule}"
        raise Invalid(fields={"content": told}) from bad


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _moment(at: datetime) -> str:
    return clock.to_local(at).strftime("%Y年%m月%d日 %H:%M")
