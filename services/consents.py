"""The notice on personal data (个人信息告知) and the yes or no that a person gives to it."""

from __future__ import annotations

from datetime import datetime

from models.people import Consent, ConsentKind, Person

PRIVACY_NOTICE_VERSION = "privacy-2026-11-24"
PRIVACY_NOTICE = (
    "【个人信息告知】\n"
    "处理者：党校联盟及您所在单位。\n"
    "处理内容：姓名、单位、职务、手机号、本微信在本号和小程序的标识，以及您的报名、签到、订阅和实名填写的回答。\n"
    "位置：默认不收集。您在小程序里自愿打开后，签到时只比对一次，留下“在场内”或“在场外”，不保存位置；不打开也能签到。\n"
    "用途：教学、活动的通知、报名与签到，不作他用。\n"
    "保存：加密存于境内，离开联盟或您要求删除时删除；消息原文保存30天。\n"
    "您可随时联系本单位联络员查阅、更正、删除，或撤回同意；不同意不影响浏览公开内容。"
)


def keep(person: Person, *, is_granted: bool, source: str, at: datetime) -> None:
    """Keep one yes or no to the notice as it was given."""
    Consent.create(
        person=person,
        kind=ConsentKind.PRIVACY_NOTICE,
        is_granted=is_granted,
        given_at=at,
        source=source[:20],
        text_version=PRIVACY_NOTICE_VERSION,
    )


def is_in_force(person: Person) -> bool:
    """Whether the person's last word on the notice was yes. Never asked is no."""
    last = (
        Consent.select(Consent.is_granted)
        .where(Consent.person == person, Consent.kind == ConsentKind.PRIVACY_NOTICE)
        .order_by(Consent.id.desc())
        .first()
    )
    return last is not None and bool(last.is_granted)
