"""The table of rights by kind and verification."""

from __future__ import annotations

import pytest

from wechat.capabilities import WORDS, Capabilities, Capability

ONLY_SERVICE = {"mass_by_list", "template_message", "web_oauth", "parametric_qr"}
BOTH = {"window_message", "menu", "tags", "draft", "publish", "mass_by_tag", "one_time_subscription"}


def allowed(kind, verified) -> set[str]:
    capabilities = Capabilities(kind, verified=verified)
    return {str(each) for each in Capability if capabilities.allows(each)}


def test_the_table_is_the_contracts():
    assert allowed("service", True) == {"passive_reply"} | BOTH | ONLY_SERVICE
    assert allowed("subscription", True) == {"passive_reply"} | BOTH
    assert allowed("service", False) == allowed("subscription", False) == {"passive_reply"}


def test_a_right_is_turned_off_with_its_first_reason_and_on_again():
    capabilities = Capabilities("service", verified=True)

    capabilities.turn_off("menu", "48001")
    capabilities.turn_off("menu", "later")

    assert not capabilities.allows("menu")
    assert capabilities.reason("menu") == "48001"
    capabilities.turn_on("menu")
    assert capabilities.allows("menu")
    assert capabilities.reason("menu") == ""


def test_a_probed_right_is_turned_on():
    capabilities = Capabilities("service", verified=True)
    assert "探明" in capabilities.reason("subscribe_notice")

    capabilities.turn_on("subscribe_notice")

    assert capabilities.allows("subscribe_notice")


def test_the_reason_is_in_words():
    assert Capabilities("subscription", verified=True).reason("web_oauth") == "订阅号没有网页授权权限"
    assert Capabilities("service", verified=False).reason("menu") == "公众号未认证，没有自定义菜单权限"
    assert set(WORDS) == set(Capability)


def test_an_unknown_name_is_an_error():
    with pytest.raises(ValueError, match="telepathy"):
        Capabilities("service", verified=True).allows("telepathy")
