"""订阅 / 退订: topic opt-ins by word and by link. Off by default."""

from __future__ import annotations

from bot.context import Context
from bot.router import on
from models.people import TOPIC_WORDS, Person, Topic
from services import menu_ids, opt_ins
from services.errors import Invalid
from wechat.texts import menu_link

OFF = ("退订", "取消订阅", "不订阅")
ALL = ("全部", "所有")


@on.menu_link("t.")
def tapped(ctx: Context) -> str:
    parts = menu_ids.read(ctx.message.menu_id)
    if parts is None or len(parts) != 3 or parts[1] not in set(TOPIC_WORDS):
        raise Invalid("这个链接已失效，请发送“订阅”重新选择")
    topic, is_on = Topic(parts[1]), parts[2] == "on"
    return _switch(ctx.member(), [topic], is_on, source="chat_link")


@on.text(starting=OFF)
def off(ctx: Context) -> str:
    topics = _named(ctx.words)
    return _switch(ctx.member(), topics, False, source="chat_word") if topics else settings(ctx)


@on.text(starting=("订阅",))
def switch_on(ctx: Context) -> str:
    topics = _named(ctx.words)
    return _switch(ctx.member(), topics, True, source="chat_word") if topics else settings(ctx)


@on.click("TOPICS")
@on.text("订阅", "退订", "订阅设置", "我的订阅")
def settings(ctx: Context) -> str:
    return f"【订阅设置】点一下即可开关：\n{_states(ctx.member())}\n也可发送“订阅 讲座”“退订 讲座”。"


def _switch(person: Person, topics: list[Topic], is_on: bool, *, source: str) -> str:
    changed = [topic for topic in topics if opt_ins.set_topic(person, topic, is_on, source=source)]
    names = "、".join(TOPIC_WORDS[topic] for topic in topics)
    if not changed:
        said = f"您{'已经订阅了' if is_on else '没有订阅'}{names}，无需再操作。"
    elif is_on:
        said = f"已订阅{names}。有新消息会通知您，随时可以退订。"
    else:
        said = f"已退订{names}，不再推送这类通知。"
    return f"{said}\n{_states(person)}"


def _states(person: Person) -> str:
    wanted = opt_ins.topics_of(person)
    return "\n".join(_state(topic, topic in wanted) for topic in TOPIC_WORDS)


def _state(topic: Topic, is_on: bool) -> str:
    word = TOPIC_WORDS[topic]
    verb = "退订" if is_on else "订阅"
    link = menu_link(verb, f"{verb} {word}", menu_ids.make("t", topic.value, "off" if is_on else "on"))
    return f"{word}：{'已订阅' if is_on else '未订阅'}　{link}"


def _named(words: str) -> list[Topic]:
    if any(word in words for word in ALL):
        return list(TOPIC_WORDS)
    return [topic for topic in TOPIC_WORDS if TOPIC_WORDS[topic] in words]
