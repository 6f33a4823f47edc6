"""What WeChat tells of many followers at once (contract §4).

https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_batchuserinfo.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from wechat.client import Client

BATCH_GET = "/cgi-bin/user/info/batchget"
MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class UserInfo:
    """`unionid` is "" where the account is on no open platform, and for who does not follow."""

    openid: str = field(repr=False)
    is_following: bool
    unionid: str = field(default="", repr=False)


class UserInfos:
    """The call about many followers; `gateway.user_infos`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, openids: Sequence[str]) -> list[UserInfo]:
        """ValueError for more than 100. Raises Refused or TryLater."""
        if len(openids) > MOST_AT_ONCE:
            raise ValueError(f"at most {MOST_AT_ONCE} followers a call")
        asked = [{"openid": openid, "lang": "zh_CN"} for openid in openids]
        answer = self._client.call("POST", BATCH_GET, body={"user_list": asked})
        return [
            UserInfo(str(row["openid"]), bool(row.get("subscribe")), str(row.get("unionid") or ""))
            for row in answer.get("user_info_list") or []
        ]
