"""Every code the contract classifies for sending has words of its own."""

from __future__ import annotations

import pytest

from wechat.error_words import error_words
from wechat.errors import CODES, ErrorClass

IN_WORDS = [
    code
    for error_class in (ErrorClass.A, ErrorClass.B, ErrorClass.C, ErrorClass.D, ErrorClass.E, ErrorClass.F1,
                        ErrorClass.F2, ErrorClass.H)
    for code in CODES[error_class]
]  # fmt: skip


@pytest.mark.parametrize("code", IN_WORDS)
def test_a_classified_code_has_words(code):
    said = error_words(code)

    assert "未收录" not in said
    assert said.endswith(f"（{code}）")


def test_an_unknown_code_keeps_its_number():
    assert "（99999）" in error_words(99999)
