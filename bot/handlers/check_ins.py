"""签到: a code scanned from the menu, six digits typed, and how it goes."""

from __future__ import annotations

import re

from bot.context import Context, Reply
from bot.replies import word_link
from bot.router import on
from models.check_ins import CheckInWay
from services import check_ins
from wechat.texts import escape

SCAN_KEY = "CHECK_IN"
SIX_DIGITS = re.compile(r"\d{6}")
HOW = (
    "到场后签到，任选一种：\n"
    "· 用微信“扫一扫”，或点菜单“我的 → 扫码签到”，扫现场屏幕上的二维码\n"
    "· 直接把屏幕上的六位数字发给我\n"
    "手机不方便时，请现场工作人员点名，效果一样。"
)


@on.event("scancode_waitmsg")
def scanned(ctx: Context) -> Reply | str | None:
    """What the menu's scanner read; None where another handler's key asked for it."""
    said = ctx.message.group("ScanCodeInfo").get("ScanResult", "")
    text = said if isinstance(said, str) else ""
    if check_ins.read(text) is None:
        if ctx.message.event_key != SCAN_KEY:
            return None
        return "这个码不是本平台的签到码，请扫现场屏幕上的签到二维码，或发送屏幕上的六位数字。"
    person, way = ctx.member(), CheckInWay.SCAN_CHAT
    return _told(check_ins.check_in(person, code=text, at=ctx.at, way=way, is_vouched=True))


@on.waiting(lambda ctx: SIX_DIGITS.fullmatch(ctx.words) is not None)
def six_digits(ctx: Context) -> str | None:
    """Six digits while a check-in is on, or was of late; in a survey only those on show."""
    is_in_survey = ctx.meeting.survey_id is not None
    means_it = check_ins.matches(ctx.words, ctx.at) if is_in_survey else check_ins.is_of_late(ctx.at)
    if not means_it:
        return None
    return _told(check_ins.check_in(ctx.member(), six_digits=ctx.words, at=ctx.at, is_vouched=True))


@on.text("签到", "我要签到", "怎么签到", "扫码签到", "打卡")
def how_to(ctx: Context) -> str:
    return f"{HOW}\n看自己报了哪些活动，请点 {word_link('我的报名')}"


def _told(checked: check_ins.Checked) -> str:
    mark = "✓ " if checked.came else ""
    return mark + escape(checked.words)
