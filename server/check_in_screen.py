"""What is shown in the hall: the code as a picture, the digits, the figures; and the address of the
screen, which needs no sign-in and names nobody."""

from __future__ import annotations

from dataclasses import dataclass

import segno
from flask import url_for
from itsdangerous import BadData, URLSafeSerializer
from markupsafe import Markup

import config
from models.check_ins import CheckInOpening
from services import check_ins


@dataclass(frozen=True, slots=True)
class Screen:
    """One moment of it."""

    picture: Markup
    six_digits: str
    url: str


def of(opening: CheckInOpening) -> Screen:
    shown = check_ins.shown_codes(opening, ahead=1)[0]
    drawn = segno.make(shown.address, error="m").svg_inline(
        scale=1, border=2, omitsize=True, svgclass="code", lineclass=None, title="签到二维码"
    )
    digits = f"{shown.six_digits[:3]} {shown.six_digits[3:]}"
    return Screen(Markup(drawn), digits, url_for("pages.screen.show", token=token(opening)))  # noqa: S704 - our own picture


def token(opening: CheckInOpening) -> str:
    """Opens the screen of this opening as long as it is open."""
    return str(_serializer().dumps([opening.activity_id, opening.nonce]))


def opening_for(given: str) -> CheckInOpening | None:
    """The opening a token was made for; None where it is none, or was opened anew since."""
    try:
        activity_id, nonce = _serializer().loads(given)
    except (BadData, ValueError, TypeError):
        return None
    found = CheckInOpening.get_or_none(CheckInOpening.activity == activity_id)
    return found if found is not None and found.nonce == nonce else None


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(config.settings().secret_key, salt="check-in-screen")
