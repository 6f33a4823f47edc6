from __future__ import annotations

import pytest

from services.masking import mask_name, mask_openid, mask_phone


@pytest.mark.parametrize(
    ("name", "shown"),
    [("", ""), ("张", "*"), ("张三", "张*"), ("张晓明", "张*明"), ("欧阳修文", "欧**文")],
)
def test_a_name_keeps_its_ends(name: str, shown: str) -> None:
    assert mask_name(name) == shown


@pytest.mark.parametrize(("phone", "shown"), [("13812348000", "138****8000"), ("12345", "***45"), (None, "")])
def test_a_phone_hides_its_middle(phone: str | None, shown: str) -> None:
    assert mask_phone(phone) == shown


def test_an_openid_shows_its_end_only() -> None:
    assert mask_openid("oTestFollower000000000000001") == "…0001"
