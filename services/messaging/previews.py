"""A campaign as each channel will show it, and how much room each still has.

Made from a saved campaign or from one that is still being typed: nothing is read but its values
and its content. A name stands as an example where a channel writes one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from models.messaging import BASIS_WORDS, Campaign, Channel, TemplateMapping
from services import html
from services.errors import Invalid
from services.messaging import (
    article_pictures,
    channels,
    contents,
    digest_items,
    planner,
    proofreading,
    template_checks,
    template_mappings,
    variables,
)
from services.messaging.variables import BY_NAME, PersonWords

EXAMPLE = PersonWords(BY_NAME["姓名"].example, BY_NAME["单位"].example)
FIELD_WORDS = {
    "title": "主题",
    "summary": "说明",
    "series": "系列",
    "starts_at": "时间",
    "ends_at": "结束",
    "place": "地点",
    "speaker": "主讲人",
    "journal": "刊名",
    "e_journal": "刊名",
    "issue_no": "期号",
    "published_at": "发布时间",
}


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of a part's room is used; `lost` is what would be cut off, "" when all fits."""

    what: str
    used: int
    most: int
    unit: str
    lost: str = ""

    @property
    def left(self) -> int:
        return max(0, self.most - self.used)


@dataclass(frozen=True, slots=True)
class Preview:
    """One channel. `text` is chat text with links, `body_html` an article's sanitised text."""

    channel: Channel
    note: str
    title: str = ""
    text: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    body_html: str = ""
    limits: tuple[Limit, ...] = ()
    problem: str = ""
    hints: tuple[str, ...] = ()
    cover_token: str = ""

    @property
    def is_cut(self) -> bool:
        return any(limit.lost for limit in self.limits)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What stops the campaign as it stands, and what a person should look at."""

    stops: tuple[str, ...] = ()
    wording: tuple[str, ...] = field(default=())


def judge(campaign: Campaign) -> Judgement:
    """What a submission of this text would say, all at once."""
    content = contents.content_of(campaign)
    stops = [
        variables.problems_of(campaign, content),
        contents.why_not_sendable(campaign),
        article_pictures.why_not_licensed(campaign),
        template_checks.problem(campaign),
    ]
    return Judgement(
        tuple(each for each in stops if each), tuple(str(each) for each in proofreading.findings(campaign))
    )


def of(campaign: Campaign) -> list[Preview]:
    """One preview for each way the campaign may take; [] while no content is chosen."""
    if contents.content_of(campaign) is None:
        return []
    if campaign.is_digest:
        return [_article(each, ()) for each in digest_items.carried(campaign)]
    usable = channels.usable(campaign)
    is_personal = contents.is_personal(campaign)
    example = (f"姓名、单位以“{EXAMPLE.name}”“{EXAMPLE.unit}”为例",) if is_personal else ()
    common = ("一份发给所有人，姓名、单位统一改写",) if is_personal else ()
    made: list[Preview] = []
    if Channel.WINDOW_MESSAGE in usable:
        made.append(_window(campaign, example))
    if Channel.TEMPLATE_MESSAGE in usable:
        mappings = [each for each in planner.mappings(campaign) if each is not None]
        made += [_card(campaign, each, example) for each in mappings] or [_no_card(campaign)]
    if Channel.ONE_TIME_SUBSCRIPTION in usable:
        made.append(_one_time(campaign, example))
    if Channel.MASS_SEND in usable:
        made.append(_article(campaign, common))
    if Channel.RIDER in usable:
        made.append(_rider(campaign))
    return made


def _window(campaign: Campaign, hints: tuple[str, ...]) -> Preview:
    limits: tuple[Limit, ...] = ()
    if not campaign.is_automatic:
        limits = (_bytes("文字", contents.chat_said(campaign, EXAMPLE), contents.SAID_BYTES),)
    text = contents.chat_text(campaign, EXAMPLE)
    return Preview(
        Channel.WINDOW_MESSAGE, "48 小时内和公众号说过话的人", text=text, limits=limits, hints=hints
    )


def _no_card(campaign: Campaign) -> Preview:
    """Why nobody gets a template message of it, where one would look for it."""
    if campaign.is_automatic or campaign.content_kind in template_mappings.VALUES:
        why = "还没有登记这类内容的消息模板，不会用模板消息发送；请秘书处在“消息模板”里登记"
    else:
        why = "模板消息只能发给报名了活动或订阅了主题的人，这类内容没有这样的依据，改走其他渠道"
    return Preview(Channel.TEMPLATE_MESSAGE, "不会用到", problem=why)


def _card(campaign: Campaign, mapping: TemplateMapping, hints: tuple[str, ...]) -> Preview:
    note = f"发给{BASIS_WORDS[mapping.basis]}的人"
    try:
        values = contents.template_fields(campaign, mapping, EXAMPLE)
    except Invalid as invalid:
        return Preview(Channel.TEMPLATE_MESSAGE, note, mapping.title, problem=invalid.message)
    values = dict(sorted(values.items(), key=lambda pair: _place(pair[0])))
    whole = contents.template_values(campaign, EXAMPLE)
    words = {key: FIELD_WORDS.get(mapping.fields[key], key) for key in values}
    limits = tuple(
        _characters(words[key], whole[mapping.fields[key]], contents.THING)
        for key in values
        if key.startswith("thing")
    )
    rows = tuple((words[key], value) for key, value in values.items())
    return Preview(Channel.TEMPLATE_MESSAGE, note, mapping.title, rows=rows, limits=limits, hints=hints)


def _place(key: str) -> int:
    """thing1, time2: the number says the order; PostgreSQL keeps none."""
    digits = re.search(r"\d+$", key)
    return int(digits.group()) if digits else 0


def _one_time(campaign: Campaign, hints: tuple[str, ...]) -> Preview:
    title, text = contents.one_time_fields(campaign, EXAMPLE)
    whole_title, whole = contents.one_time_said(campaign, EXAMPLE)
    limits = (
        _characters("标题", whole_title, contents.ONE_TIME_TITLE),
        _characters("内容", whole, contents.ONE_TIME_TEXT),
    )
    rows = (("", text),)
    note = "点过“提醒我”的人，一次授权一条"
    return Preview(Channel.ONE_TIME_SUBSCRIPTION, note, title, rows=rows, limits=limits, hints=hints)


def _article(campaign: Campaign, hints: tuple[str, ...]) -> Preview:
    made = contents.article(campaign)
    limits = (
        _characters("标题", contents.headline(campaign), contents.ARTICLE_TITLE),
        _characters("摘要", contents.digest(campaign), contents.ARTICLE_DIGEST),
    )
    return Preview(
        Channel.MASS_SEND,
        "群发图文的卡片，点开是正文",
        made.title,
        text=made.digest,
        body_html=html.clean(made.content_html),
        limits=limits,
        hints=hints,
        cover_token=campaign.cover_token,
    )


def _rider(campaign: Campaign) -> Preview:
    limits: tuple[Limit, ...] = ()
    if not campaign.is_automatic:
        limits = (_bytes("文字", contents.rider_said(campaign), contents.RIDER_BYTES // 2),)
    return Preview(Channel.RIDER, "附在下一条自动回复后面", text=contents.rider_text(campaign), limits=limits)


def _bytes(what: str, text: str, most: int) -> Limit:
    told = text.encode()
    kept = told[: most - 3].decode(errors="ignore") if len(told) > most else text
    return Limit(what, len(told), most, "字节", _tail(text[len(kept) :]))


def _characters(what: str, text: str, most: int) -> Limit:
    return Limit(what, len(text), most, "字", _tail(text[most - 1 :]) if len(text) > most else "")


def _tail(lost: str) -> str:
    """What is cut off, itself kept short."""
    lost = " ".join(lost.split())
    return lost if len(lost) <= 30 else lost[:29] + "…"
