"""Posts as WeChat makes them: signed, and encrypted where the mode asks for it."""

from __future__ import annotations

from itertools import count
from xml.etree import ElementTree

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import clock
import config
from wechat.callbacks import Callbacks, sign
from wechat.replies import cdata

ADDRESS = "/wechat/callback"
_numbers = count(24000000000000001)


def callbacks(mode: str = "safe") -> Callbacks:
    settings = config.settings()
    return Callbacks(
        token=settings.wechat_token,
        aes_key=settings.wechat_aes_key,
        app_id=settings.wechat_app_id,
        mode=mode,  # type: ignore[arg-type]
    )


def text_xml(openid: str, text: str, *, msg_id: str = "", more: str = "") -> bytes:
    return (
        f"<xml><ToUserName><![CDATA[gh_sandbox00001]]></ToUserName><FromUserName>{cdata(openid)}</FromUserName>"
        f"<CreateTime>{int(clock.timestamp())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content>{cdata(text)}</Content><MsgId>{msg_id or next(_numbers)}</MsgId>{more}</xml>"
    ).encode()


def event_xml(openid: str, event: str, more: str = "") -> bytes:
    return (
        f"<xml><ToUserName>gh_sandbox00001</ToUserName><FromUserName>{cdata(openid)}</FromUserName>"
        f"<CreateTime>{int(clock.timestamp())}</CreateTime><MsgType>event</MsgType><Event>{event}</Event>{more}</xml>"
    ).encode()


def query(timestamp: int | None = None, *encrypt: str) -> dict[str, str]:
    told, nonce = str(int(clock.timestamp()) if timestamp is None else timestamp), "907316524"
    token = config.settings().wechat_token
    signed = {"signature": sign(token, told, nonce), "timestamp": told, "nonce": nonce, "openid": "o"}
    if encrypt:
        signed |= {"encrypt_type": "aes", "msg_signature": sign(token, told, nonce, *encrypt)}
    return signed


def post(client: FlaskClient, xml: bytes, *, mode: str = "safe") -> TestResponse:
    """Post one message; in compatible mode plain fields and Encrypt come together."""
    if mode == "plain":
        return client.post(ADDRESS, query_string=query(), data=xml, content_type="text/xml")
    encrypt = callbacks().encrypt(xml)
    fields = xml[len(b"<xml>") : -len(b"</xml>")] if mode == "compatible" else b"<ToUserName>gh</ToUserName>"
    body = b"<xml>" + fields + f"<Encrypt>{encrypt}</Encrypt></xml>".encode()
    return client.post(ADDRESS, query_string=query(None, encrypt), data=body, content_type="text/xml")


def opened(response: TestResponse) -> dict[str, str]:
    """The fields of a reply, decrypted and its signature checked where it is encrypted."""
    fields = _fields(response.data)
    if "Encrypt" in fields:
        expected = sign(
            config.settings().wechat_token, fields["TimeStamp"], fields["Nonce"], fields["Encrypt"]
        )
        assert fields["MsgSignature"] == expected
        fields = _fields(callbacks().decrypt(fields["Encrypt"]))
    return fields


def _fields(xml: bytes) -> dict[str, str]:
    return {element.tag: element.text or "" for element in ElementTree.fromstring(xml)}
