"""Parametric QR codes, against a server that answers as told."""

from __future__ import annotations

import pytest

from config import Settings
from tests.wechat.stand_in import StandIn
from wechat.errors import NotAllowed, Refused
from wechat.gateway import Gateway, make_gateway
from wechat.qr_codes import CREATE, QRCode
from wechat.token_stores import MemoryTokenStore


def test_a_permanent_code_names_its_scene(gateway: Gateway, platform: StandIn) -> None:
    platform.tokens("t")
    platform.answer(CREATE, {"ticket": "gQ_1", "url": "http://weixin.qq.com/q/1"})

    made = gateway.qr_codes.create_permanent("unit_7")

    assert made == QRCode("gQ_1", "http://weixin.qq.com/q/1")
    [call] = platform.calls(CREATE)
    assert call.json == {
        "action_name": "QR_LIMIT_STR_SCENE",
        "action_info": {"scene": {"scene_str": "unit_7"}},
    }


def test_a_temporary_code_ends(gateway: Gateway, platform: StandIn) -> None:
    platform.tokens("t")
    platform.answer(CREATE, {"ticket": "gQ_2", "url": "http://weixin.qq.com/q/2", "expire_seconds": 600})

    assert gateway.qr_codes.create_temporary("sign_in_1", seconds=600).expires_in == 600
    for scene, seconds in (("", 600), ("长" * 65, 600), ("a", 59), ("a", 2_592_001)):
        with pytest.raises(ValueError):
            gateway.qr_codes.create_temporary(scene, seconds=seconds)


def test_an_account_without_the_right_is_not_asked(settings: Settings, platform: StandIn) -> None:
    asked = settings.model_copy(update={"wechat_account_kind": "subscription"})
    subscription = make_gateway(asked, MemoryTokenStore())

    with pytest.raises(NotAllowed):
        subscription.qr_codes.create_permanent("unit_7")

    assert platform.calls(CREATE) == []
    subscription.close()


def test_a_refusal_is_raised(gateway: Gateway, platform: StandIn) -> None:
    platform.tokens("t")
    platform.answer(CREATE, {"errcode": 45029, "errmsg": "qrcode count out of limit"})

    with pytest.raises(Refused) as refused:
        gateway.qr_codes.create_permanent("unit_7")

    assert refused.value.errcode == 45029
