"""One mini program: the calls that the product makes to WeChat for it, chapter by chapter."""

from __future__ import annotations

from config import Settings
from wechat import mini_codes, mini_login, subscription_messages
from wechat.client import Client, Timeouts
from wechat.credentials import TokenStore
from wechat.mini_codes import Version
from wechat.mini_login import MiniIdentity
from wechat.subscription_messages import SubscribeMessage


class MiniProgram:
    """Safe to share between threads; one per process. Methods raise Refused, TryLater, OutcomeUnknown."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def app_id(self) -> str:
        return str(self._client.appid)

    def identity(self, code: str) -> MiniIdentity:
        """Who signed in with a code of `wx.login`; see `mini_login.identity`."""
        return mini_login.identity(self._client, code)

    def code_picture(self, scene: str, page: str, *, version: Version = "release") -> bytes:
        """A code that opens a page of the program; see `mini_codes.unlimited`."""
        return mini_codes.unlimited(self._client, scene, page, version=version)

    def send_subscribe_message(self, message: SubscribeMessage) -> str:
        """One message for one consent; its msgid. See `subscription_messages.send`."""
        return subscription_messages.send(self._client, message)


def make_mini_program(
    settings: Settings,
    token_store: TokenStore,
    *,
    timeouts: Timeouts = Timeouts(),  # noqa: B008 - immutable
) -> MiniProgram:
    """The mini program of the settings."""
    client = Client(
        app_id=settings.mini_app_id,
        secret=settings.mini_app_secret,
        api_url=settings.wechat_api_url,
        token_store=token_store,
        timeouts=timeouts,
    )
    return MiniProgram(client)
