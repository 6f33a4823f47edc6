"""What automatic notices say: one wording for each kind, reviewed once; only its variables change.

The texts below ship with the product, reviewed, with their version in the history of this file.
A wording written here in their place is passed by three people before it is used
(services/messaging/notice_reviews.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from peewee import IntegrityError, fn

import clock
from models.automatic_notices import NoticeKind, NoticeWording, WordingStatus
from models.base import db

HEADLINE, TEXT = 60, 300
_VARIABLE = re.compile(r"\{([a-z_]+)(\??)\}")

SHIPPED: dict[NoticeKind, tuple[str, str]] = {
    NoticeKind.ACTIVITY_MOVED: (
        "有变动：{title}",
        "{changes}。{reason?}名额仍为您保留；不能参加请打开链接让出名额。",
    ),
    NoticeKind.ACTIVITY_CANCELLED: (
        "已取消：{title}",
        "原定{starts_at}在{place}举行，现已取消。原因：{reason}",
    ),
    NoticeKind.PLACE_OFFERED: (
        "候补有名额：{title}",
        "{starts_at}，{place}。名额为您保留到{until}，请打开链接确认；到时未确认，名额让给下一位。",
    ),
    NoticeKind.PLACE_GIVEN: (
        "候补成功：{title}",
        "{starts_at}，{place}。有人让出名额，已为您补上；不能参加请打开链接取消。",
    ),
    NoticeKind.UNIT_INVITED: (
        "请报送名单：{title}",
        "{starts_at}，{place}。请{unit}安排{places}人参加，{answer_by}前在后台“单位名额”中报送名单，或说明不能参加。",
    ),
    NoticeKind.UNIT_REMINDED: (
        "名单待报送：{title}",
        "{unit}的{places}个名额还没有报满（已报{named}人），请在{answer_by}前报送名单，或说明不能参加。",
    ),
    NoticeKind.UNIT_NAMED: (
        "单位已为您报名：{title}",
        "{starts_at}，{place}。不能参加请打开链接取消，并告知本单位联络员。",
    ),
    NoticeKind.UNIT_UNNAMED: (
        "单位已取消您的报名：{title}",
        "{starts_at}，{place}。单位已将您移出名单；想参加可以打开链接自己报名或候补。",
    ),
    NoticeKind.FEEDBACK_ASKED: ("请您评价：{title}", "五个方面各点一下，还可以写一句话。不记名，约一分钟。"),
    NoticeKind.SIGN_UP_REMINDER: (
        "活动提醒：{title}",
        "{starts_at}，{place}。不能参加请打开链接取消，把名额让给别人。",
    ),
    NoticeKind.HOSTS_REMINDED: (
        "明天有活动：{title}",
        "{starts_at}，{place}，主讲：{speaker}。已有{signed_up}人报名；有变动请尽早在后台改，系统会告知报名的人。",
    ),
    NoticeKind.REVIEW_ASKED: (
        "请您{stage}：{title}",
        "{unit}{author}送审。请打开预览，看过后同意或退回；也可以回复“待审”。",
    ),
    NoticeKind.BINDING_DECIDED: ("绑定申请{decision}", "{detail?}"),
    NoticeKind.COMPLAINT_ANSWERED: ("您的意见已有答复", "{number?}请打开链接查看。"),
    NoticeKind.SURVEY_REMINDED: (
        "还差您一份：{title}",
        "回复“需求征集”或打开链接就能填，可以随时停下再接着填。{closes?}不想参加请回复“不参加”，不再提醒。",
    ),
}


def standing(kind: NoticeKind) -> NoticeWording:
    """The wording in use: the latest that three people passed, else the one shipped."""
    written = (
        NoticeWording.select()
        .where(
            NoticeWording.kind == kind,
            NoticeWording.author.is_null(False),
            NoticeWording.status == WordingStatus.PASSED,
        )
        .order_by(NoticeWording.version.desc())
        .first()
    )
    return written or _shipped(kind)


def variables(kind: NoticeKind) -> dict[str, bool]:
    """The variables of a kind, and whether each must be given."""
    headline, text = SHIPPED[kind]
    return {name: not mark for name, mark in _VARIABLE.findall(f"{headline}{text}")}


def unknown_variables(kind: NoticeKind, template: str) -> list[str]:
    """What stands in braces and is no variable of the kind."""
    known = variables(kind)
    named = re.findall(r"\{([^{}]*)\}?", template)
    return [name for name in named if name.removesuffix("?") not in known]


def filled(template: str, fields: Mapping[str, str]) -> str:
    """The template with its variables. Raises ValueError naming one that must be given and is not."""

    def value(match: re.Match[str]) -> str:
        name, may_lack = match.groups()
        given = " ".join(str(fields.get(name, "")).split())
        if not given and not may_lack:
            raise ValueError(f"notice: the field {name!r} is missing")
        return given

    return _VARIABLE.sub(value, template)


def _shipped(kind: NoticeKind) -> NoticeWording:
    """The row of the shipped text; a new version of it becomes a row when it is first used."""
    headline, text = SHIPPED[kind]
    same = (
        NoticeWording.kind == kind,
        NoticeWording.author.is_null(),
        NoticeWording.headline == headline,
        NoticeWording.text == text,
    )
    for _ in range(3):  # two processes may be the first at once: the second reads the first's row
        found = NoticeWording.select().where(*same).order_by(NoticeWording.version.desc()).first()
        if found is not None:
            return found
        try:
            with db.atomic():
                NoticeWording.create(
                    kind=kind,
                    version=next_version(kind),
                    headline=headline,
                    text=text,
                    status=WordingStatus.PASSED,
                    moved_at=clock.utc_now(),
                )
        except IntegrityError:
            continue
    return NoticeWording.get(*same)


def next_version(kind: NoticeKind) -> int:
    last = NoticeWording.select(fn.MAX(NoticeWording.version)).where(NoticeWording.kind == kind).scalar()
    return int(last or 0) + 1
