"""One official account: every call the product makes to WeChat, typed.

Methods raise Refused, TryLater or OutcomeUnknown (`errors.py`); the bulk methods yield a
`SendOutcome` per message instead. A call the account has no right to raises NotAllowed
without leaving the house, and a 48001 turns its capability off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any, Literal
from urllib.parse import quote, urlencode

from config import Settings
from wechat.answers import (
    Article,
    Follower,
    FollowerPage,
    Image,
    MassReceipt,
    OAuthIdentity,
    Quota,
    Template,
)
from wechat.calls import Calls, Stop, never
from wechat.capabilities import Capabilities, Capability
from wechat.client import Client, Timeouts
from wechat.credentials import TokenStore
from wechat.errors import Refused
from wechat.menu import Button, validate_menu
from wechat.messages import OneTimeMessage, TemplateMessage, WindowMessage
from wechat.pace import Paces
from wechat.sender import Sender, SendOutcome
from wechat.template_values import parse_template_content
from wechat.texts import sendable


class Gateway(Calls):
    """An official account. Safe to share between threads; keep one per process."""

    # -- menu: https://developers.weixin.qq.com/doc/service/api/custommenu/api_createcustommenu.html

    def menu_get(self) -> list[dict[str, Any]] | None:
        """The buttons of the menu in force; None when there is none."""
        with self._doing(Capability.MENU, "/cgi-bin/menu/get"):
            try:
                answer = self._client.menu.get()
            except Refused as refusal:
                if refusal.errcode == 46003:
                    return None
                raise
        return list(answer.get("menu", {}).get("button", []))

    def menu_create(self, buttons: Sequence[Button]) -> None:
        """Replace the whole menu. Raises MenuInvalid before any call."""
        validate_menu(buttons)
        with self._doing(Capability.MENU, "/cgi-bin/menu/create"):
            self._client.menu.create({"button": list(buttons)})

    def menu_delete(self) -> None:
        """Remove the menu, with all conditional ones."""
        with self._doing(Capability.MENU, "/cgi-bin/menu/delete"):
            self._client.menu.delete()

    # -- messages to one person

    def send_window_message(self, openid: str, text: str) -> None:
        """A text to someone whose window is open; links allowed, user text escaped by the caller."""
        with self._doing(Capability.WINDOW_MESSAGE, "/cgi-bin/message/custom/send"):
            self._client.message.send_text(openid, sendable(text))

    def send_templates(
        self, messages: Iterable[TemplateMessage], *, stop: Stop = never
    ) -> Iterator[SendOutcome]:
        """Template messages, one outcome each as it arrives; see `sender.send_all`."""
        return self._send(Capability.TEMPLATE_MESSAGE, "/cgi-bin/message/template/send", messages, stop)

    def send_window_messages(
        self, messages: Iterable[WindowMessage], *, stop: Stop = never
    ) -> Iterator[SendOutcome]:
        """Window messages in bulk. They have no key of ours: an UNKNOWN must not be sent again."""
        return self._send(Capability.WINDOW_MESSAGE, "/cgi-bin/message/custom/send", messages, stop)

    def send_one_time(
        self, messages: Iterable[OneTimeMessage], *, stop: Stop = never
    ) -> Iterator[SendOutcome]:
        """One-time subscription messages in bulk; each uses up one consent."""
        path = "/cgi-bin/message/template/subscribe"
        return self._send(Capability.ONE_TIME_SUBSCRIPTION, path, messages, stop)

    def one_time_url(self, template_id: str, *, scene: int, redirect_url: str, reserved: str = "") -> str:
        """The consent page of a one-time subscription; it returns to `redirect_url`."""
        asked = {
            "action": "get_confirm",
            "appid": self.app_id,
            "scene": scene,
            "template_id": template_id,
            "redirect_url": redirect_url,
            "reserved": reserved,
        }
        return f"{self._mp_url}/mp/subscribemsg?{urlencode(asked)}#wechat_redirect"

    def get_templates(self) -> list[Template]:
        """The account's templates with their fields.

        https://developers.weixin.qq.com/doc/service/api/notify/template/api_getalltemplates.html
        """
        with self._doing(Capability.TEMPLATE_MESSAGE, "/cgi-bin/template/get_all_private_template"):
            answer = self._client.template.get_all_private_template()
        return [
            Template(
                template_id=str(row["template_id"]),
                title=str(row.get("title", "")),
                content=str(row.get("content", "")),
                fields=parse_template_content(str(row.get("content", ""))),
                example=str(row.get("example", "")),
            )
            for row in answer.get("template_list", [])
        ]

    # -- pictures and drafts: https://developers.weixin.qq.com/doc/service/api/draftbox/draftmanage/api_draft_add.html

    def add_image_material(self, data: bytes, filename: str) -> Image:
        """Keep an image for good (bmp, png, jpg, gif; ≤ 10 MB): the cover of an article."""
        with self._doing(Capability.DRAFT, "/cgi-bin/material/add_material"):
            answer = self._client.material.add("image", (_plain_name(filename), data))
        return Image(str(answer["media_id"]), str(answer.get("url", "")))

    def upload_article_image(self, data: bytes, filename: str) -> str:
        """The address of an image (jpg, png; < 1 MB) for the text of an article."""
        with self._doing(Capability.DRAFT, "/cgi-bin/media/uploadimg"):
            return str(self._client.media.upload_image((_plain_name(filename), data)))

    def draft_add(self, articles: Sequence[Article]) -> str:
        """Make a draft of 1 to 8 articles; its media_id. Sending it takes it out of the box."""
        with self._doing(Capability.DRAFT, "/cgi-bin/draft/add"):
            answer = self._client.draft.add([article.as_sent() for article in articles])
        return str(answer["media_id"])

    def draft_delete(self, media_id: str) -> None:
        with self._doing(Capability.DRAFT, "/cgi-bin/draft/delete"):
            self._client.draft.delete(media_id)

    # -- mass send: https://developers.weixin.qq.com/doc/service/api/notify/mass/api_massmsg_send.html

    def mass_send_list(self, openids: Sequence[str], media_id: str, *, clientmsgid: str) -> MassReceipt:
        """Send a draft to 2 to 10,000 people (service accounts).

        `clientmsgid`: ≤ 32 ASCII characters, one send in 24 h: after OutcomeUnknown repeat with
        the same one, and `was_duplicate` says that the first had gone.
        """
        with self._doing(Capability.MASS_BY_LIST, "/cgi-bin/message/mass/send"):
            return self._mass(
                lambda: self._client.message.send_mass_article(
                    media_id, list(openids), client_msg_id=clientmsgid
                )
            )

    def mass_send_all(self, media_id: str, *, clientmsgid: str, tag_id: int | None = None) -> MassReceipt:
        """Send a draft to everybody, or to one tag."""
        # own call: wechatpy would send a null tag_id along with is_to_all
        chosen = {"is_to_all": True} if tag_id is None else {"is_to_all": False, "tag_id": tag_id}
        body = {
            "filter": chosen,
            "mpnews": {"media_id": media_id},
            "msgtype": "mpnews",
            "send_ignore_reprint": 0,
            "clientmsgid": clientmsgid,
        }
        path = "/cgi-bin/message/mass/sendall"
        with self._doing(Capability.MASS_BY_TAG, path):
            return self._mass(lambda: self._client.call("POST", path, body=body))

    def mass_preview(self, openid: str, media_id: str) -> str:
        """Send a draft to one person to look at (100 a day); the message's id."""
        # own call: wechatpy takes whatever is not 28 characters long for a WeChat name
        body = {"touser": openid, "mpnews": {"media_id": media_id}, "msgtype": "mpnews"}
        path = "/cgi-bin/message/mass/preview"
        with self._doing(Capability.MASS_BY_TAG, path):
            return str(self._client.call("POST", path, body=body).get("msg_id", ""))

    def mass_get(self, msg_id: str) -> str:
        """SENDING, SEND_SUCCESS, SEND_FAIL or DELETE: how a mass send stands (its event may be lost)."""
        with self._doing(Capability.MASS_BY_TAG, "/cgi-bin/message/mass/get"):
            return str(self._client.message.get_mass(_number(msg_id)).get("msg_status", ""))

    def mass_delete(self, msg_id: str, *, article_index: int = 0) -> None:
        """Delete the pages of a mass send (0: all). Cards already delivered stay in the chats."""
        path = "/cgi-bin/message/mass/delete"
        with self._doing(Capability.MASS_BY_TAG, path):  # own call: wechatpy's has no article_idx
            body = {"msg_id": _number(msg_id), "article_idx": article_index}
            self._client.call("POST", path, body=body)

    # -- followers: https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo.html

    def user_info(self, openid: str) -> Follower:
        row: Mapping[str, Any] = self._client.user.get(openid)
        return Follower(
            openid=str(row.get("openid", openid)),
            is_following=bool(row.get("subscribe")),
            unionid=str(row.get("unionid") or ""),
            subscribed_at=int(row.get("subscribe_time") or 0),
            scene=str(row.get("subscribe_scene") or ""),
            qr_scene=str(row.get("qr_scene_str") or row.get("qr_scene") or ""),
            tag_ids=tuple(int(tag) for tag in row.get("tagid_list") or ()),
            remark=str(row.get("remark") or ""),
        )

    def users(self, next_openid: str = "") -> FollowerPage:
        """A page of followers; go on while `next_openid` is not "" (500 calls a day)."""
        answer = self._client.user.get_followers(next_openid)
        openids = [str(openid) for openid in (answer.get("data") or {}).get("openid") or []]
        told_next = str(answer.get("next_openid") or "")
        return FollowerPage(int(answer.get("total") or 0), openids, told_next if openids else "")

    def quota(self, path: str) -> Quota:
        """What is left today of the interface at `path` (`/cgi-bin/…`).

        https://developers.weixin.qq.com/doc/service/api/apimanage/api_getapiquota.html
        """
        answer = self._client.call("POST", "/cgi-bin/openapi/quota/get", body={"cgi_path": path})
        day, rate = answer.get("quota") or {}, answer.get("rate_limit") or {}
        return Quota(
            daily_limit=int(day.get("daily_limit") or 0),
            used=int(day.get("used") or 0),
            remain=int(day.get("remain") or 0),
            call_count=int(rate.get("call_count") or 0),
            refresh_seconds=int(rate.get("refresh_second") or 0),
        )

    # -- web sign-in: https://developers.weixin.qq.com/doc/service/guide/h5/auth.html

    def oauth_url(
        self, redirect: str, state: str, scope: Literal["snsapi_base", "snsapi_userinfo"] = "snsapi_base"
    ) -> str:
        """Where to send a browser inside WeChat. `state`: ≤ 128 of a-zA-Z0-9, else ValueError."""
        if not (state.isascii() and state.isalnum() and len(state) <= 128):
            raise ValueError("state must be at most 128 ASCII letters and digits")
        self._require(Capability.WEB_OAUTH, "/connect/oauth2/authorize")
        return (  # the platform wants this order of parameters, and the fragment
            f"{self._open_url}/connect/oauth2/authorize?appid={self.app_id}"
            f"&redirect_uri={quote(redirect, safe='')}&response_type=code&scope={scope}&state={state}"
            "#wechat_redirect"
        )

    def oauth_identity(self, code: str) -> OAuthIdentity:
        """Who a code stands for; once, within 5 minutes.

        Refused with class H (40163) when it was used already: look up the finished sign-in by state.
        """
        path = "/sns/oauth2/access_token"
        params = {
            "appid": self.app_id,
            "secret": self._client.secret,
            "code": code,
            "grant_type": "authorization_code",
        }
        with self._doing(Capability.WEB_OAUTH, path):
            answer = self._client.call("GET", path, params=params, with_token=False)
        return OAuthIdentity(
            openid=str(answer["openid"]),
            unionid=str(answer.get("unionid") or ""),
            is_snapshot_user=bool(int(answer.get("is_snapshotuser") or 0)),
            scope=str(answer.get("scope") or ""),
        )


def make_gateway(
    settings: Settings,
    token_store: TokenStore,
    *,
    timeouts: Timeouts = Timeouts(),  # noqa: B008 - immutable
    sender: Sender | None = None,
) -> Gateway:
    """The official account of the settings. The app factory makes one and keeps it.

    In the web process give `timeouts=Timeouts(3, 3)`: its threads also answer the callback.
    """
    client = Client(
        app_id=settings.wechat_app_id,
        secret=settings.wechat_app_secret,
        api_url=settings.wechat_api_url,
        token_store=token_store,
        timeouts=timeouts,
    )
    sender = sender or make_sender(settings.send_connections, timeouts=timeouts)
    return Gateway(
        client,
        sender,
        Capabilities(settings.wechat_account_kind, verified=settings.wechat_verified),
        open_url=settings.wechat_open_url,
        mp_url=settings.wechat_mp_url,
        paces=Paces(
            sender.connections,
            floor=settings.send_connections_least,
            slow_seconds=settings.send_slow_seconds,
        ),
    )


def make_sender(connections: int, *, timeouts: Timeouts = Timeouts()) -> Sender:  # noqa: B008 - immutable
    """libcurl where pycurl is installed, else requests in threads. Nothing is opened yet."""
    try:
        from wechat.senders.curl import CurlSender
    except ImportError:
        from wechat.senders.threads import RequestsSender

        return RequestsSender(connections, timeouts=timeouts)
    return CurlSender(connections, timeouts=timeouts)


def _plain_name(filename: str) -> str:
    """`image` with the file's own ending: the platform misreads names that are not ASCII."""
    ending = PurePath(filename).suffix.lower()
    return "image" + (ending if ending.isascii() else "")


def _number(msg_id: str) -> int | str:
    return int(msg_id) if msg_id.isascii() and msg_id.isdigit() else msg_id
