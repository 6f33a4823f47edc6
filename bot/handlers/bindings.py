"""绑定: an invite code, or a unit's word or QR code with name and phone; the notice, a yes or a no."""

from __future__ import annotations

from datetime import timedelta

import clock
from bot.context import Context
from bot.replies import page_link, word_link
from bot.router import on
from services import binding_requests, bindings, invite_codes, personal_data, roster_match, unit_bindings
from services.masking import mask_name
from wechat.texts import escape

AGREE, REFUSE = ("同意", "我同意", "同意绑定"), ("不同意", "我不同意", "拒绝", "取消绑定")
UNBIND, ERASE, APPLY = "确认解除绑定", "确认注销资料", "提交申请"
# After a scan name and phone are what was asked for last; later they may be an answer of a survey.
ASKED_LAST_FOR = timedelta(minutes=10)


@on.waiting(lambda ctx: ctx.words in AGREE + REFUSE and bindings.is_waiting(ctx.follower))
def decide(ctx: Context) -> str:
    if ctx.words in REFUSE:
        bindings.refuse(ctx.follower)
        return (
            "好的，没有绑定，您填的内容也没有保留。邀请码还可以用，想好了再发送一次即可。\n"
            f"不绑定也可以看 {word_link('最新讲座')}、{word_link('沙龙')} 的预告。"
        )
    person = bindings.agree(ctx.follower)
    if person is None:
        request = binding_requests.current(ctx.follower)
        return binding_requests.decision_words(request) if request else binding_requests.NOTHING_WAITS
    return (
        f"绑定成功，{mask_name(person.name)}（{person.member_unit.short_name}），欢迎！\n"
        f"接下来可以：\n{word_link('订阅')} 选择想收到的通知\n{word_link('需求征集')} 说说您的培训需求\n"
        f"{word_link('我的')} 查看报名和消息"
    )


@on.event("SCAN")
def scanned(ctx: Context) -> str | None:
    """A follower scanned a unit's code; codes of other areas are not ours."""
    unit = unit_bindings.by_scene(ctx.message.event_key)
    return None if unit is None else binding_requests.start(ctx.follower, unit, way="qr")


@on.waiting(lambda ctx: ctx.follower.binding_request is not None and roster_match.read(ctx.said) is not None)
def told(ctx: Context) -> str | None:
    """Name and phone, where a unit's code or word asked for them."""
    request = binding_requests.current(ctx.follower)
    given = roster_match.read(ctx.said)
    if given is None or request is None or not binding_requests.is_filling_in(ctx.follower):
        return None
    if ctx.meeting.survey_id is not None and request.moved_at < clock.utc_now() - ASKED_LAST_FOR:
        return None
    return _with_choice(ctx, binding_requests.tell(ctx.follower, *given))


@on.text(APPLY)
def apply(ctx: Context) -> str:
    return _with_choice(ctx, binding_requests.apply(ctx.follower))


@on.text("撤回申请")
def take_back(ctx: Context) -> str:
    binding_requests.withdraw(ctx.follower)
    return "绑定申请已撤回，您填的内容没有保留。"


@on.text(starting=("绑定",))
def begin(ctx: Context) -> str:
    code = ctx.words.removeprefix("绑定").strip(" :：")
    if not code:
        return how_to_bind(ctx)
    return _answer(ctx, code)


@on.waiting(lambda ctx: ctx.meeting.survey_id is None and invite_codes.looks_like_code(ctx.said))
def bare_code(ctx: Context) -> str:
    """A code without 绑定 before it can mean nothing else."""
    return _answer(ctx, ctx.said)


@on.click("BIND")
@on.text("邀请码", "怎么绑定", "如何绑定", "身份绑定")
def how_to_bind(ctx: Context) -> str:
    if ctx.person is not None:
        return f"{_bound_as(ctx)}。如需解除，请回复：{word_link('解除绑定')}"
    waits = bindings.under_way(ctx.follower)
    if waits is not None and waits.step != "refused":
        return f"{escape(waits.words)}\n{_next_step(ctx, waits.step)}"
    return (
        "绑定有三种办法：\n"
        "1. 发送“绑定 邀请码”，例如：绑定 ABCD2345（邀请码向本单位联络员索取，一人一码）；\n"
        "2. 扫本单位的绑定二维码，或发送“绑定 单位口令”，再发姓名和手机号后四位；\n"
        f"3. {page_link(ctx, '在网页上填手机号和邀请码', '/m/bind')}"
    )


@on.text("解除绑定", "解绑", "取消绑定", "撤回同意")
def ask_to_unbind(ctx: Context) -> str:
    """A second word, since one tap by mistake would cost a new invite code."""
    if ctx.person is None:
        return "此微信尚未绑定，不需要解除。"
    return (
        f"{_bound_as(ctx)}。{personal_data.WHAT_LEAVING_DOES}\n"
        f"确定请回复：{word_link(UNBIND)}\n想删除个人资料，请发送“注销资料”。"
    )


@on.text(UNBIND)
def unbind(ctx: Context) -> str:
    bindings.unbind(ctx.follower)
    return "已解除绑定，不再向您推送只发给会员的通知。需要时可用新的邀请码重新绑定。"


@on.text("注销资料", "注销", "删除我的信息", "删除个人信息")
def ask_to_erase(ctx: Context) -> str:
    ctx.member()
    return (
        f"{_bound_as(ctx)}。{personal_data.WHAT_ERASING_DOES}\n"
        f"注销后不能恢复。确定请回复：{word_link(ERASE)}\n"
        f"只是不想收通知，可以 {word_link('退订', '退订 全部')}。"
    )


@on.text(ERASE)
def erase(ctx: Context) -> str:
    personal_data.erase_own(ctx.member(), source="chat")
    return "您的个人资料已注销，绑定和订阅都已结束。您仍可以浏览公开的讲座和沙龙预告。"


@on.text(*AGREE, *REFUSE[:3])
def nothing_waits(ctx: Context) -> str:
    if ctx.person is not None:
        return f"{_bound_as(ctx)}，目前没有需要确认的事项。"
    return "目前没有需要确认的事项。要绑定身份，请发送“绑定 邀请码”。"


def _bound_as(ctx: Context) -> str:
    return f"您已绑定为 {mask_name(ctx.member().name)}"


def _next_step(ctx: Context, step: str) -> str:
    """What can be tapped while a binding is under way."""
    if step == "liaison":
        return f"不想绑定了，可回复：{word_link('撤回申请')}"
    if step == "notice":
        read = page_link(ctx, "看个人信息告知", "/m/bind/notice")
        return f"{read}\n看过后请点：{word_link('同意')}　　{word_link('不同意')}"
    return f"不想绑定了，不理会即可；有邀请码也可以直接发送邀请码。有事请点 {word_link('帮助')}"


def _answer(ctx: Context, code: str) -> str:
    return _with_choice(ctx, bindings.begin(ctx.follower, code))


def _with_choice(ctx: Context, said: str) -> str:
    """The two answers to tap, where the privacy notice waits for one."""
    if bindings.is_waiting(ctx.follower):
        return f"{said}\n{word_link('同意')}　　{word_link('不同意')}"
    return said
