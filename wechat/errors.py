"""What can go wrong with a call to WeChat.

    WeChatError
      Refused          the platform said no and will say no again
      TryLater         nothing was sent; another try may work
      OutcomeUnknown   the request left, the answer never came

`classify` gives the class of an error code (contract §14); the class says what to do next.
No exception here shows a token, a secret or an openid: `path` has no query, and `errmsg`
is scrubbed by `clean_errmsg`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class ErrorClass(StrEnum):
    """The contract's classes of error codes (§14)."""

    A = "A"  # try again in seconds
    B = "B"  # try again in minutes or hours
    C = "C"  # the token died: renew it, once
    D = "D"  # stop the campaign
    E = "E"  # configuration: stop all sending, call someone
    F1 = "F1"  # ends for this person
    F2 = "F2"  # ends for this person on this channel
    G = "G"  # a programming error
    H = "H"  # it was done by an earlier call


STOPS_CAMPAIGN = frozenset({ErrorClass.D, ErrorClass.E, ErrorClass.G})

CODES: dict[ErrorClass, tuple[int, ...]] = {
    ErrorClass.A: (-1, 268487001, 268487002, 886001, 61450),
    ErrorClass.B: (
        45011, 44990, 44991, 45066, 43108, 45169, 43117, 61503, 46007,
        89501, 89503, 89504, 89505, 89506, 89507, 40252,
    ),
    ErrorClass.C: (40001, 40014, 42001),
    ErrorClass.D: (
        45009, 45028, 40036, 40037, 40246, 40247, 40249, 40250, 40251, 43107, 43116, 45026, 45027,
        45103, 45113, 48001, 48004, 48021, 50007, 53503, 53504, 53505,
    ),
    ErrorClass.E: (40013, 40125, 40164, 61004, 40243),
    ErrorClass.F1: (40003, 43004, 43019, 46004, 49003, 50002, 50005, 70000),
    ErrorClass.F2: (43101, 45015, 45047, 48002, 45168, 47003),
    ErrorClass.G: (
        40033, 40035, 40066, 40097, 41001, 41002, 41003, 41004, 41005, 41006, 41007, 41008, 41009,
        43001, 43002, 43003, 44002, 44003, 44004, 45002, 45003, 45004, 45005, 45006, 45007, 45008,
        45067, 47001, 40130, 40032, 61500, 61501, 76021, 76022,
    ),
    ErrorClass.H: (45065,),
}  # fmt: skip
_CLASS_OF = {code: error_class for error_class, codes in CODES.items() for code in codes}

MINT_PATHS = frozenset({"/cgi-bin/stable_token", "/cgi-bin/token"})
OAUTH_TOKEN_PATH = "/sns/oauth2/access_token"  # noqa: S105 - a path
PERSONAL_PATHS = frozenset(
    {
        "/cgi-bin/message/custom/send",
        "/cgi-bin/message/template/send",
        "/cgi-bin/message/template/subscribe",
        "/cgi-bin/message/subscribe/bizsend",
        "/cgi-bin/message/subscribe/send",
    }
)


def classify(errcode: int, path: str = "") -> ErrorClass:
    """The class of a non-zero error code returned by `path`.

    While minting a token every refusal that is not temporary is E. 40163 is H only where the
    code was ours (OAuth). A code the contract does not list is F2 on a path that sends to one
    person (so that the person is reached otherwise) and G elsewhere. 47003 is F2: when it
    falls on everybody, the template is at fault and the sender of the campaign must stop it.
    """
    known = _CLASS_OF.get(errcode)
    if path in MINT_PATHS:
        return known if known in (ErrorClass.A, ErrorClass.B) else ErrorClass.E
    if errcode == 40163 and path == OAUTH_TOKEN_PATH:
        return ErrorClass.H
    if known is not None:
        return known
    return ErrorClass.F2 if path in PERSONAL_PATHS else ErrorClass.G


_RID = re.compile(r"\s*rid:\s*([0-9A-Za-z-]{8,40})")
_LOOKS_SECRET = re.compile(r"[A-Za-z0-9_-]{27,}")


def split_errmsg(errmsg: object) -> tuple[str, str]:
    """The platform's errmsg without its rid and without anything secret, and the rid ("" if none)."""
    text = str(errmsg or "")
    found = _RID.search(text)
    rid = found.group(1) if found else ""
    return clean_errmsg(_RID.sub("", text)), rid


def clean_errmsg(text: str) -> str:
    """At most 200 characters; runs long enough to be an openid, a token or a secret are hidden."""
    return _LOOKS_SECRET.sub("…", text)[:200]


class WeChatError(Exception):
    """A call to WeChat failed. `path` is the interface, `rid` the platform's request id."""

    def __init__(
        self,
        path: str,
        *,
        errcode: int | None = None,
        errmsg: str = "",
        rid: str = "",
        error_class: ErrorClass | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> None:
        self.path = path.partition("?")[0]
        self.errcode = errcode
        self.errmsg = clean_errmsg(errmsg)
        self.rid = rid
        self.error_class = error_class
        self.body = body or {}  # never shown: it may hold ids of people
        super().__init__(str(self))

    def __str__(self) -> str:
        said = self.errmsg if self.errcode is None else f"{self.errcode} {self.errmsg}"
        return f"{self.path}: {said}" + (f" (rid {self.rid})" if self.rid else "")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    @property
    def stops_campaign(self) -> bool:
        """True when every further call would fail alike, whoever the recipient is."""
        return self.error_class in STOPS_CAMPAIGN


class Refused(WeChatError):
    """The platform said no and will say no again."""


class NotAllowed(Refused):
    """This kind of account has no right to the interface (capabilities.py); nothing was called."""


class TryLater(WeChatError):
    """Nothing was sent; another try may work."""


class OutcomeUnknown(WeChatError):
    """The request left, the answer never came: it may have been carried out."""


def error_for(path: str, errcode: int, errmsg: object, body: Mapping[str, Any] | None = None) -> WeChatError:
    """The exception for a non-zero error code. Class C counts as E here: renewal is over."""
    text, rid = split_errmsg(errmsg)
    error_class = classify(errcode, path)
    if error_class is ErrorClass.C:
        error_class = ErrorClass.E
    kind = TryLater if error_class in (ErrorClass.A, ErrorClass.B) else Refused
    return kind(path, errcode=errcode, errmsg=text, rid=rid, error_class=error_class, body=body)
