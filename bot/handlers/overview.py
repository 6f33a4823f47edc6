"""我的: what I follow, my next activities, my open surveys, my messages and complaints, in one reply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import clock
from bot.context import Context
from bot.handlers.bindings import how_to_bind
from bot.handlers.mine import latest_messages
from bot.replies import LINK_LIFE_HINT, LIST_BYTES, opens_by_signed_link, page_link, word_link
from bot.router import on
from models.activities import CONCERNED, Activity, ActivityStatus, SignUp, SignUpStatus
from models.complaints import COMPLAINT_STATUS_WORDS, ComplaintStatus
from models.people import TOPIC_WORDS, Person
from services import bindings, complaints, opt_ins
from services.masking import mask_name
from services.messaging import contents
from services.surveys import chat_links, chat_text, conversations
from wechat.texts import escape

MOST = 3  # of each section; fewer where a reply has no room
TITLE_LENGTH = 24
STATE_WORDS = {SignUpStatus.WAITING: "候补中", SignUpStatus.OFFERED: "有名额，待您确认"}


@dataclass
class Section:
    """`lines` are shown as room allows; `none` where there are none; `word` says the section alone."""

    title: str
    word: str
    none: str
    lines: list[str] = field(default_factory=list)

    def shown(self, most: int) -> str:
        if not self.lines:
            return f"{self.title}：{self.none}"
        head = f"{self.title}　{word_link('全部', self.word)}"
        return "\n".join([head, *(f"　{line}" for line in self.lines[:most])])


@on.click("MINE")
@on.text("我的", "我", "个人中心", "我的主页")
def overview(ctx: Context) -> str:
    person = ctx.person
    if person is None:
        return _of_a_stranger(ctx)
    sections = [each for each in (make(ctx, person) for make in SECTIONS) if each is not None]
    head = f"{mask_name(person.name)}（{person.member_unit.short_name}），您好。"
    foot = page_link(ctx, "打开我的主页", "/m/") + (f"\n{LINK_LIFE_HINT}" if opens_by_signed_link() else "")
    for most in range(MOST, -1, -1):
        said = "\n".join([head, *(section.shown(most) for section in sections), foot])
        if len(said.encode()) <= LIST_BYTES:
            break
    return said


@on.text("我的问卷", "我的调研", "未填问卷")
def my_surveys(ctx: Context) -> str:
    """The surveys that wait for the member, each begun by a tap, and those completed."""
    ctx.member()
    waiting, completed = conversations.open_for(ctx.known_reader())
    if waiting:
        return chat_text.choose(waiting)
    if completed:
        return chat_text.already(completed[0])
    return conversations.NOTHING_OPEN


def _of_a_stranger(ctx: Context) -> str:
    """What may be seen without a binding, and how to bind, or what the binding waits for."""
    waits = bindings.under_way(ctx.follower)
    is_begun = waits is not None and waits.step != "refused"
    lines = [
        *([] if is_begun else ["此微信还没有绑定身份，绑定后可报名、读期刊、填需求征集。"]),
        how_to_bind(ctx),
        f"现在就能看：{word_link('最新讲座')}　{word_link('沙龙')}　{word_link('搜索')}",
    ]
    mine = complaints.of(ctx.follower)
    if mine:
        lines.append(f"您提交过 {len(mine)} 条投诉建议，进度看 {word_link('我的投诉')}")
    return "\n".join(lines)


def _topics(ctx: Context, person: Person) -> Section:
    wanted = opt_ins.topics_of(person)
    names = "、".join(word for topic, word in TOPIC_WORDS.items() if topic in wanted)
    return Section(f"【订阅】{names or '未订阅'}", "订阅设置", word_link("订阅设置"))


def _activities(ctx: Context, person: Person) -> Section:
    coming = (
        SignUp.select(SignUp, Activity)
        .join(Activity)
        .where(
            SignUp.person == person.id,
            SignUp.status.in_(list(CONCERNED)),
            Activity.ends_at > clock.utc_now(),
        )
        .order_by(Activity.starts_at, Activity.id)
        .limit(MOST)
    )
    none = f"近期没有报名。看看 {word_link('最新讲座')}"
    return Section("【我的活动】", "我的报名", none, [_sign_up(ctx, each) for each in coming])


def _sign_up(ctx: Context, sign_up: SignUp) -> str:
    activity = sign_up.activity
    starts = clock.to_local(activity.starts_at)
    is_cancelled = activity.status is ActivityStatus.CANCELLED
    state = "已取消" if is_cancelled else STATE_WORDS.get(sign_up.status, "")
    link = page_link(ctx, _cut(activity.title), f"/m/activities/{activity.id}")
    return f"{starts.month}月{starts.day}日 {starts:%H:%M} {link}{f'（{state}）' if state else ''}"


def _surveys(ctx: Context, person: Person) -> Section:
    waiting, _ = conversations.open_for(person)
    lines = []
    for each in waiting[:MOST]:
        ends = clock.to_local(each.closes_at) if each.closes_at is not None else None
        by = f"（{ends.month}月{ends.day}日截止）" if ends is not None else ""
        start = chat_links.action(each.id, 0, chat_links.START)
        lines.append(f"{escape(_cut(each.title))}{by} {start}")
    return Section("【待填问卷】", "我的问卷", "目前没有", lines)


def _messages(ctx: Context, person: Person) -> Section:
    lines = []
    for delivery in latest_messages(person, MOST):
        day = clock.to_local(delivery.settled_at or delivery.created_at)
        lines.append(f"{day.month}月{day.day}日 {escape(_cut(contents.headline(delivery.campaign)))}")
    return Section("【我的消息】", "我的消息", "还没有", lines)


def _complaints(ctx: Context, person: Person) -> Section | None:
    open_ones = [each for each in complaints.of(ctx.follower) if each.status is not ComplaintStatus.CLOSED]
    if not open_ones:
        return None
    lines = [
        f"{complaints.told_as(each)}：{COMPLAINT_STATUS_WORDS[each.status]}" for each in open_ones[:MOST]
    ]
    return Section("【投诉建议】", "我的投诉", "", lines)


SECTIONS: tuple[Callable[[Context, Person], Section | None], ...] = (
    _activities,
    _surveys,
    _messages,
    _complaints,
    _topics,
)


def _cut(text: str) -> str:
    return text if len(text) <= TITLE_LENGTH else text[: TITLE_LENGTH - 1] + "…"
