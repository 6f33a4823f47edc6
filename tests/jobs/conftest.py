"""The campaigns, people and WeChat of the messaging tests."""

from __future__ import annotations

from tests.services.messaging.conftest import (
    gateway,
    make_campaign,
    mappings,
    on_phone,
    sandbox,
    secretary,
    wechat_server,
)

__all__ = ["gateway", "make_campaign", "mappings", "on_phone", "sandbox", "secretary", "wechat_server"]
