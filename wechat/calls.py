"""Beneath the gateway's methods: the right to a call is asked first, and a 48001 turns it off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from wechat.answers import MassReceipt
from wechat.capabilities import Capabilities, Capability
from wechat.client import Client
from wechat.conditional_menus import ConditionalMenus
from wechat.errors import NotAllowed, Refused
from wechat.messages import Message
from wechat.pace import Paces
from wechat.qr_codes import QRCodes
from wechat.sender import Sender, SendOutcome, send_all
from wechat.tags import Tags
from wechat.user_infos import UserInfos

Stop = Callable[[], bool]


def never() -> bool:
    return False


class Calls:
    """What every call of an account needs: the client, the sender, the rights."""

    def __init__(
        self,
        client: Client,
        sender: Sender,
        capabilities: Capabilities,
        *,
        open_url: str = "https://open.weixin.qq.com",
        mp_url: str = "https://mp.weixin.qq.com",
        paces: Paces | None = None,
    ) -> None:
        self.paces = paces or Paces(sender.connections)
        self.capabilities = capabilities
        self._client = client
        self._sender = sender
        self._open_url = open_url.rstrip("/")
        self._mp_url = mp_url.rstrip("/")
        self.qr_codes = QRCodes(client, self._doing)
        self.user_infos = UserInfos(client)
        self.tags = Tags(client, self._doing)
        self.conditional_menus = ConditionalMenus(client, self._doing)

    @property
    def app_id(self) -> str:
        return str(self._client.appid)

    def close(self) -> None:
        """Drop the connections; messages under way end unknown."""
        self._sender.close()

    def access_token(self) -> str:
        """A token that serves now, for a readiness check. Raises Refused or TryLater."""
        return self._client.credentials.access_token()

    def _send(
        self, capability: Capability, path: str, messages: Iterable[Message], stop: Stop
    ) -> Iterator[SendOutcome]:
        self._require(capability, path)
        return self._watched(
            capability,
            send_all(
                self._sender,
                self._client.credentials,
                url=self._client.url(path),
                path=path,
                posts=(message.as_post() for message in messages),
                stop=stop,
                pace=self.paces.of(path),
            ),
        )

    def _watched(self, capability: Capability, outcomes: Iterator[SendOutcome]) -> Iterator[SendOutcome]:
        for outcome in outcomes:
            if outcome.errcode == 48001:
                self.capabilities.turn_off(capability, f"微信答复 48001：{outcome.errmsg}")
            yield outcome

    def _mass(self, send: Callable[[], Mapping[str, Any]]) -> MassReceipt:
        try:
            answer = send()
        except Refused as refusal:
            if refusal.errcode == 45065 and refusal.body.get("msg_id"):
                return MassReceipt(str(refusal.body["msg_id"]), was_duplicate=True)
            raise
        return MassReceipt(str(answer["msg_id"]), str(answer.get("msg_data_id") or ""))

    def _require(self, capability: Capability, path: str) -> None:
        if not self.capabilities.allows(capability):
            raise NotAllowed(path, errmsg=self.capabilities.reason(capability))

    @contextmanager
    def _doing(self, capability: Capability, path: str) -> Iterator[None]:
        self._require(capability, path)
        try:
            yield
        except Refused as refusal:
            if refusal.errcode == 48001:
                self.capabilities.turn_off(capability, f"微信答复 48001：{refusal.errmsg}")
            raise
