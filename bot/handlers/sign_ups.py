"""报名, 候补, 取消报名: by the number of the list shown last, by the card shown last, or by a title's words.

What is tapped in our own replies names the activity itself, so that a list shown meanwhile changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot import entries, lists
from bot.context import Context, Reply
from bot.entries import Entry
from bot.handlers.activities import LECTURES, SALONS
from bot.lists import ListSource
from bot.replies import LINK_LIFE_HINT, opens_by_signed_link, page_link, word_link
from bot.router import on
from models.activities import CONCERNED, Activity, ActivityStatus, SignUpStatus
from models.people import Person
from services import activities, menu_ids
from services.errors import Invalid
from services.messaging.notice_texts import day_and_time
from services.search.index import Kind
from wechat.texts import cut_to_bytes, escape, menu_link

Act = Callable[[Context, Activity, Person], str]
SOURCE = "chat"
UP, WAIT, OFF, SURE = "up", "wait", "off", "sure"
KINDS = {"讲座": LECTURES, "讲坛": LECTURES, "活动": LECTURES, "沙龙": SALONS}
STATES = {SignUpStatus.WAITING: "候补中", SignUpStatus.OFFERED: "有名额，待您确认"}
LONGEST_TITLE = 40
SOUGHT_AMONG = 50
NO_ACTIVITY = "第 {number} 条不是活动，不能报名。看看 {lectures}、{salons}"


def _page(ctx: Context, text: str, offset: int, limit: int) -> list[Entry]:
    return [
        replace(each, note=f"{each.note}{f'（{state}）' if state else ''}")
        for each, state in (
            (entries.of_activity(row.activity, row.activity.series.kind), _state(row.activity, row.status))
            for row in activities.mine(ctx.member(), limit, offset=offset, statuses=CONCERNED)
        )
    ]


def _state(activity: Activity, status: SignUpStatus) -> str:
    return "活动已取消" if activity.status is ActivityStatus.CANCELLED else STATES.get(status, "")


MINE = lists.register(
    ListSource(
        "my_sign_ups",
        lambda text: "我的报名",
        _page,
        lambda ctx, text: f"您目前没有报名的活动。看看 {word_link('最新讲座')}、{word_link('沙龙')}",
        hint="不参加请回复“取消报名 序号”，如 取消报名 1。",
    )
)


@on.click("MY_SIGN_UPS")
@on.text("我的报名", "我的活动")
def my_sign_ups(ctx: Context) -> Reply:
    ctx.member()
    return lists.show(ctx, MINE)


@on.menu_link("a.")
def tapped(ctx: Context) -> str:
    parts = menu_ids.read(ctx.message.menu_id)
    if parts is None or len(parts) != 3 or parts[2] not in ACTS or not parts[1].isdecimal():
        raise Invalid("这个链接已失效，请从最新的列表里再点一次")
    person = ctx.member()
    return ACTS[parts[2]](ctx, activities.for_member(int(parts[1]), person), person)


@on.text(starting=("报名", "我要报名", "我想报名"))
def sign_up(ctx: Context) -> Reply | str | None:
    return _act(ctx, "报名", _sign_up)


@on.text(starting=("候补", "排队候补", "我要候补"))
def wait(ctx: Context) -> Reply | str | None:
    return _act(ctx, "候补", _wait)


@on.text(starting=("取消报名", "取消候补", "不参加"))
def cancel(ctx: Context) -> Reply | str | None:
    """None for a sentence that merely begins so: it goes on to the staff."""
    word = next(each for each in ("取消报名", "取消候补", "不参加") if ctx.words.startswith(each))
    rest = ctx.words.removeprefix(word).strip(" :").removeprefix("了")
    number = lists.asked_number(rest)
    if rest and number is None:
        return None
    person = ctx.member()
    found = lists.item(ctx, number)
    if found is not None and found[0] == Kind.ACTIVITY:
        activity = activities.for_member(found[1], person)
        held = activities.sign_up_of(activity, person)
        if held is not None and held.status in CONCERNED:
            return _cancel(ctx, activity, person) if number else _ask(activity)
    mine = activities.mine(person, 2, statuses=CONCERNED, coming=True)
    if number is None and len(mine) == 1:
        return _ask(mine[0].activity)
    shown = lists.show(ctx, MINE)
    if number is None or not isinstance(shown.text, str):
        return shown
    return replace(shown, text=f"您没有报名第 {number} 条。请按下面的序号再发一次：\n{shown.text}")


def _act(ctx: Context, word: str, act: Act) -> Reply | str | None:
    """The activity that is meant, and the act on it; else how to say which."""
    behind = ctx.words[ctx.words.index(word) + len(word) :]
    rest = behind.strip(" :《》“”\"'")
    if rest in KINDS:
        return lists.show(ctx, KINDS[rest])
    person, number = ctx.member(), lists.asked_number(rest)
    if rest and number is None:
        return _by_title(ctx, rest, person, act, is_meant=behind[0] in " :《“")
    found = lists.item(ctx, number)
    if found is None:
        return _which(ctx, word, number)
    if found[0] != Kind.ACTIVITY:
        words = {"lectures": word_link("最新讲座"), "salons": word_link("沙龙")}
        return NO_ACTIVITY.format(number=number or 1, **words)
    return act(ctx, activities.for_member(found[1], person), person)


def _which(ctx: Context, word: str, number: int | None) -> Reply | str:
    """Nothing stands under that number, or several might be meant."""
    if number is not None and lists.has_list(ctx):
        return lists.pick(ctx, number)
    shown = lists.show(ctx, LECTURES, in_full=True)
    if shown.listed is None or not isinstance(shown.text, str):
        return shown
    return replace(shown, text=f"请告诉我是哪一场：回复“{word} 序号”，如 {word} 1。\n{shown.text}")


def _by_title(
    ctx: Context,
    sought: str,
    person: Person,
    act: Act,
    *,
    is_meant: bool,
) -> str | None:
    """None for a sentence that merely begins so, such as 报名表在哪: it goes on to the staff."""
    coming = activities.upcoming(person=person, limit=SOUGHT_AMONG)
    same = [each for each in coming if sought in each.title.lower()]
    if len(same) == 1:
        return act(ctx, same[0], person)
    if not same and not is_meant:
        return None
    echo = sought if len(sought) <= LONGEST_TITLE // 2 else sought[: LONGEST_TITLE // 2] + "…"
    how = f"请看 {word_link('最新讲座')}、{word_link('沙龙')}，再回复“报名 序号”，如 报名 1。"
    if same:
        return f"标题里有“{escape(echo)}”的活动有 {len(same)} 场。{how}"
    return f"近期没有找到标题里有“{escape(echo)}”的活动。{how}"


def _sign_up(ctx: Context, activity: Activity, person: Person) -> str:
    before = activities.sign_up_of(activity, person)
    if before is not None and before.status is SignUpStatus.SIGNED_UP:
        return f"您已报名，不用再报。\n{_what(ctx, activity)}\n{_off(activity)}"
    try:
        activities.sign_up(activity, person, source=SOURCE)
    except (activities.ActivityFull, activities.OfferLapsed) as full:
        held = activities.sign_up_of(activity, person)
        is_waiting = held is not None and held.status is SignUpStatus.WAITING
        way = _off(activity, "不等了") if is_waiting else f"要排队请点：{_link(activity, '候补', WAIT)}"
        return f"{escape(full.message)}。\n{_what(ctx, activity)}\n{way}"
    return f"✓ 报名成功。\n{_what(ctx, activity)}{_clashes(activity, person)}\n{_off(activity)}"


def _wait(ctx: Context, activity: Activity, person: Person) -> str:
    before = activities.sign_up_of(activity, person)
    if before is not None and before.status is SignUpStatus.SIGNED_UP:
        return f"您已报名，不用候补。\n{_what(ctx, activity)}\n{_off(activity)}"
    row = activities.wait(activity, person, source=SOURCE)
    if row.status is SignUpStatus.WAITING:
        told = f"已在候补，排在第 {activities.place_in_queue(row)} 位。有人取消时按先后顺序通知您。"
        return f"{told}\n{_what(ctx, activity)}\n{_off(activity, '不等了')}"
    if row.status is SignUpStatus.OFFERED:
        return f"有名额为您留着，请确认：{_link(activity, '报名', UP)}\n{_what(ctx, activity)}"
    return f"✓ 有空位，已直接为您报名。\n{_what(ctx, activity)}{_clashes(activity, person)}\n{_off(activity)}"


def _ask(activity: Activity) -> str:
    """By number it is said which; by one word it is asked, since a seat given back may be gone."""
    return (
        f"要取消报名吗？\n{escape(_cut(activity.title))}\n{day_and_time(activity.starts_at)}　"
        f"{escape(activity.place)}\n名额会让给候补的人。确定请点：{_link(activity, '确认取消报名', SURE)}"
    )


def _cancel(ctx: Context, activity: Activity, person: Person) -> str:
    activities.cancel_sign_up(activity, person)
    again = _link(activity, "重新报名", UP)
    what = f"{escape(_cut(activity.title))}（{day_and_time(activity.starts_at)}）"
    return f"已取消报名：{what}。点错了可以 {again}"


ACTS: dict[str, Act] = {
    UP: _sign_up,
    WAIT: _wait,
    OFF: lambda ctx, activity, person: _ask(activity),
    SURE: _cancel,
}


def _what(ctx: Context, activity: Activity) -> str:
    link = page_link(ctx, _cut(activity.title), f"/m/activities/{activity.id}")
    hint = f"\n{LINK_LIFE_HINT}" if opens_by_signed_link() else ""
    return f"{link}\n{day_and_time(activity.starts_at)}　{escape(activity.place)}{hint}"


def _clashes(activity: Activity, person: Person) -> str:
    same_time = activities.clashes(activity, person)
    return f"\n注意：与您报名的“{escape(_cut(same_time[0].title))}”时间重叠" if same_time else ""


def _off(activity: Activity, why: str = "不能参加") -> str:
    return f"{why}请点：{_link(activity, '取消报名', OFF)}"


def _link(activity: Activity, words: str, act: str) -> str:
    return menu_link(words, words, menu_ids.make("a", str(activity.id), act))


def _cut(title: str) -> str:
    return cut_to_bytes(title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1] + "…", 200)
