"""Sign-in of the mini program: a code of `wx.login` for the openid behind it.

https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html
"""

from __future__ import annotations

from dataclasses import dataclass, field

from wechat.client import Client

PATH = "/sns/jscode2session"
CODE_USED = 40163


@dataclass(frozen=True, slots=True)
class MiniIdentity:
    """Who a code stands for. The session key is not taken over: nothing here decrypts with it."""

    openid: str = field(repr=False)
    unionid: str = field(default="", repr=False)


def identity(client: Client, code: str) -> MiniIdentity:
    """Whose code it is; good once, for five minutes.

    Refused: 40029 wrong, 40163 used already, 40226 WeChat holds the user for risky.
    """
    params = {
        "appid": client.appid,
        "secret": client.secret,
        "js_code": code,
        "grant_type": "authorization_code",
    }
    answer = client.call("GET", PATH, params=params, with_token=False)
    return MiniIdentity(str(answer["openid"]), str(answer.get("unionid") or ""))
