"""What is shown in the hall: an address that changes every 15 seconds, and six digits for typing.

Both are HMACs over the activity, the opening's nonce and the time step. The address names its
step, so that a check-in which waited without a network still tells when it was scanned.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime

import clock
import config
from models.check_ins import CheckInOpening

CODE_SECONDS = 15
DIGITS_SECONDS = 60
SHOWN_AHEAD = 4  # codes handed to the organiser's phone at once: it bridges a minute without network
PAGE = "/m/c/"
MAC_LENGTH = 12  # of base64: 72 bits

_CODE = re.compile(rf"(\d{{1,9}})-([0-9a-z]{{1,9}})-([A-Za-z0-9_-]{{{MAC_LENGTH}}})")


@dataclass(frozen=True, slots=True)
class ReadCode:
    """A code as it was written; whether it is genuine only the opening can tell."""

    activity_id: int
    step: int
    mac: str


@dataclass(frozen=True, slots=True)
class ShownCode:
    """What to show from `begins_at` (naive UTC) on, for 15 seconds."""

    begins_at: datetime
    address: str
    six_digits: str


def shown_codes(opening: CheckInOpening, *, ahead: int = SHOWN_AHEAD) -> list[ShownCode]:
    """The present code and those that follow."""
    step = step_at(clock.utc_now())
    return [_shown(opening, each) for each in range(step, step + ahead)]


def read(text: str) -> ReadCode | None:
    """A code, or the address that holds it; None for anything else.

    Another host's address is not ours, however it goes on.
    """
    text = text.strip()
    for base in (config.settings().public_url + PAGE, PAGE):
        if text.startswith(base):
            text = text.removeprefix(base)
            break
    found = _CODE.fullmatch(text.partition("?")[0])
    return ReadCode(int(found[1]), int(found[2], 36), found[3]) if found else None


def path_of(code: ReadCode) -> str:
    """The address's path, as it is scanned."""
    return f"{PAGE}{code.activity_id}-{_base36(code.step)}-{code.mac}"


def is_genuine(code: ReadCode, opening: CheckInOpening) -> bool:
    """Whether we made it for this opening, at whatever time."""
    return hmac.compare_digest(code.mac, code_at(opening, code.step).mac)


def is_fresh(code: ReadCode, at: datetime) -> bool:
    """Whether it was on show at `at`, or one step before."""
    return step_at(at) - 1 <= code.step <= step_at(at)


def shown_until(code: ReadCode) -> datetime:
    """When it was last good, naive UTC."""
    return clock.from_timestamp((code.step + 2) * CODE_SECONDS)


def matches_digits(typed: str, opening: CheckInOpening, at: datetime) -> bool:
    """Whether these six digits are on show at `at`, or were a minute before."""
    step = int(clock.to_timestamp(at) // DIGITS_SECONDS)
    given = (_digits(opening, each) for each in (step, step - 1))
    return any([hmac.compare_digest(typed.encode(), each.encode()) for each in given])


def code_at(opening: CheckInOpening, step: int) -> ReadCode:
    """The code that is on show during a step."""
    mac = urlsafe_b64encode(_hmac(opening, f"code|{step}")).decode()[:MAC_LENGTH]
    return ReadCode(int(opening.activity_id), step, mac)


def step_at(moment: datetime) -> int:
    return int(clock.to_timestamp(moment) // CODE_SECONDS)


def _shown(opening: CheckInOpening, step: int) -> ShownCode:
    begins = step * CODE_SECONDS
    code = code_at(opening, step)
    return ShownCode(
        clock.from_timestamp(begins),
        config.settings().public_url + path_of(code),
        _digits(opening, begins // DIGITS_SECONDS),
    )


def _digits(opening: CheckInOpening, step: int) -> str:
    number = int.from_bytes(_hmac(opening, f"digits|{step}")[:8], "big") % 1_000_000
    return f"{number:06d}"


def _hmac(opening: CheckInOpening, what: str) -> bytes:
    key = config.settings().secret_key.encode()
    text = f"check-in|{opening.activity_id}|{opening.nonce}|{what}"
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _base36(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = ""
    while number:
        number, rest = divmod(number, 36)
        text = digits[rest] + text
    return text or "0"
