"""Classes of error codes, and what an exception may show."""

from __future__ import annotations

import pytest

from wechat.errors import ErrorClass, OutcomeUnknown, Refused, TryLater, classify, error_for, split_errmsg

TEMPLATE = "/cgi-bin/message/template/send"
MINT = "/cgi-bin/stable_token"
OPENID = "oSandboxUser0000000000000001"


@pytest.mark.parametrize(
    ("errcode", "path", "expected"),
    [
        (-1, TEMPLATE, ErrorClass.A),
        (45011, TEMPLATE, ErrorClass.B),
        (40001, TEMPLATE, ErrorClass.C),
        (42001, "/cgi-bin/menu/get", ErrorClass.C),
        (45009, TEMPLATE, ErrorClass.D),
        (48001, TEMPLATE, ErrorClass.D),
        (40001, MINT, ErrorClass.E),
        (40164, MINT, ErrorClass.E),
        (50007, MINT, ErrorClass.E),
        (89503, MINT, ErrorClass.B),
        (-1, MINT, ErrorClass.A),
        (43004, TEMPLATE, ErrorClass.F1),
        (45015, "/cgi-bin/message/custom/send", ErrorClass.F2),
        (47003, TEMPLATE, ErrorClass.F2),
        (47001, TEMPLATE, ErrorClass.G),
        (45065, "/cgi-bin/message/mass/send", ErrorClass.H),
        (40163, "/sns/oauth2/access_token", ErrorClass.H),
        (99999, TEMPLATE, ErrorClass.F2),
        (99999, "/cgi-bin/menu/create", ErrorClass.G),
    ],
)
def test_each_code_has_its_class(errcode, path, expected):
    assert classify(errcode, path) is expected


def test_the_class_decides_the_exception():
    assert type(error_for(TEMPLATE, 45011, "")) is TryLater
    assert type(error_for(TEMPLATE, -1, "")) is TryLater
    assert type(error_for(TEMPLATE, 43004, "")) is Refused


def test_a_token_refused_twice_is_for_the_operator():
    error = error_for("/cgi-bin/menu/get", 40001, "invalid credential rid: 66aa0001-00000001-00000001")

    assert (type(error), error.error_class, error.rid) == (
        Refused,
        ErrorClass.E,
        "66aa0001-00000001-00000001",
    )
    assert error.stops_campaign


def test_rid_and_text_are_parted():
    assert split_errmsg("invalid openid rid: 66aa0001-00000001-00000001") == (
        "invalid openid", "66aa0001-00000001-00000001",
    )  # fmt: skip
    assert split_errmsg(None) == ("", "")


def test_nothing_secret_is_shown():
    error = OutcomeUnknown(
        f"/cgi-bin/x?access_token=abc&openid={OPENID}", errmsg=f"bad {OPENID}", body={"o": OPENID}
    )

    assert str(error) == "/cgi-bin/x: bad …"
    assert OPENID not in repr(error)
