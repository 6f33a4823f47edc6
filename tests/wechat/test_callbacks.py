"""Signature, encryption and XML: the contract's vectors, and whatever else may be posted."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from hypothesis import given
from hypothesis import strategies as st

import clock
from tests.wechat.conftest import AES_KEY, APP_ID, TOKEN, VECTOR_TIME
from wechat.callbacks import BadCallback, BadCallbackKind, Callbacks, sign
from wechat.inbound import BadXML, parse_inbound, parse_xml
from wechat.replies import cdata

NONCE = "907316524"
MESSAGE = (
    "<xml><ToUserName><![CDATA[gh_sandbox00001]]></ToUserName>"
    "<FromUserName><![CDATA[oSandboxUser0000000000000001]]></FromUserName><CreateTime>1735689600</CreateTime>"
    "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[报名]]></Content><MsgId>24000000000000001</MsgId></xml>"
)
ENCRYPT = (
    "4j/AuRx71kQlxVlzbpsMWHFMAsfhXznmO5TH0Yo/UB02y9sGLkxjkjDWP5a+Of+d/zcfBkrTUNFUMpqzikxSt4jCW3VaCEKt3+vYqx"
    "HieHoB3U4Ui4K+hNyeooan+c4XX6HgnRcTxKAycFDJvWb3BlF6qNZRlczmGwoXt8dy32pZcJcl8pxzfP3t6lpT7DpVX05pV/Ma9fzx"
    "saGTa4PxGMCu0kZbgnTHHg7oAJwa4UDtAmm80MwEh3J7pAXGspZVIBRawj+D8HhtNklF8d9aNhCIiH+SO5JoqUVN4AcfN88tawqPAh"
    "ufd7abJk2s96TrfI9+iwUFWyPz5u3apL5Jq7r7hAv8E+oaR3m7eroXWIMCOIRMAttcc/kImMo188uvsEnEy73nqdFHQK1BIsGZU2Q1"
    "8KbEflnDyqSP9kmNueY="
)
pytestmark = pytest.mark.usefixtures("vector_time")


def envelope(encrypt: str) -> bytes:
    return f"<xml><ToUserName>gh</ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>".encode()


def query(
    encrypt: str | None = None, *, timestamp: int | str = VECTOR_TIME, **changes: str
) -> dict[str, str]:
    told = str(timestamp)
    made = {"timestamp": told, "nonce": NONCE, "signature": sign(TOKEN, told, NONCE)}
    if encrypt is not None:
        made |= {"encrypt_type": "aes", "msg_signature": sign(TOKEN, told, NONCE, encrypt)}
    return made | changes


def mode(name: Any) -> Callbacks:
    return Callbacks(token=TOKEN, aes_key=AES_KEY, app_id=APP_ID, mode=name)


def refused(callbacks: Callbacks, asked: dict[str, str], body: bytes) -> BadCallbackKind:
    with pytest.raises(BadCallback) as caught:
        callbacks.receive(asked, body)
    return caught.value.kind


def test_signatures_equal_the_vectors():
    assert sign(TOKEN, "1735689600", NONCE) == "fe36a2b36dce89c88974c556d98f71fef1ad0260"
    assert sign(TOKEN, "1735689600", NONCE, ENCRYPT) == "fa4f80468904c778e86d03bc74f3b745890a3b4e"


def test_encryption_equals_the_vector_both_ways(callbacks):
    assert callbacks.encrypt(MESSAGE.encode(), random16=b"0123456789abcdef") == ENCRYPT
    assert callbacks.decrypt(ENCRYPT) == MESSAGE.encode()


def test_a_safe_message_is_received(callbacks):
    message = callbacks.receive(query(ENCRYPT), envelope(ENCRYPT))

    assert (message.openid, message.content, message.msg_id) == (
        "oSandboxUser0000000000000001", "报名", "24000000000000001",
    )  # fmt: skip
    assert message.encrypted
    assert message.raw == MESSAGE.encode()


def test_plain_and_compatible_messages_are_received():
    both = MESSAGE.replace("</xml>", f"<Encrypt>{ENCRYPT}</Encrypt></xml>").replace("报名", "改过的").encode()

    plain = mode("plain").receive(query(), MESSAGE.encode())
    compatible = mode("compatible").receive(query(ENCRYPT), both)

    assert (plain.content, plain.encrypted) == ("报名", False)
    assert (compatible.content, compatible.encrypted) == ("报名", True)  # the sealed text is the true one


def test_a_plain_account_needs_no_key():
    callbacks = Callbacks(token=TOKEN, aes_key="", app_id=APP_ID, mode="plain")

    assert callbacks.receive(query(), MESSAGE.encode()).content == "报名"
    assert refused(callbacks, query(ENCRYPT), envelope(ENCRYPT)) is BadCallbackKind.UNPARSABLE


@pytest.mark.parametrize("key", ["", "short", "中" * 43, AES_KEY[:-1] + "!"])
def test_a_wrong_aes_key_is_refused_at_the_start(key):
    with pytest.raises(ValueError, match="43"):
        Callbacks(token=TOKEN, aes_key=key, app_id=APP_ID, mode="safe")


@pytest.mark.parametrize(
    "change",
    [{"signature": "0" * 40}, {"signature": ""}, {"signature": "名"}, {"nonce": "1"}, {"timestamp": ""},
     {"msg_signature": "0" * 40}, {"msg_signature": ""}],
)  # fmt: skip
def test_a_wrong_signature_is_refused(callbacks, change):
    assert refused(callbacks, query(ENCRYPT) | change, envelope(ENCRYPT)) is BadCallbackKind.WRONG_SIGNATURE


def test_an_empty_query_is_refused(callbacks):
    assert refused(callbacks, {}, envelope(ENCRYPT)) is BadCallbackKind.WRONG_SIGNATURE


def test_safe_mode_refuses_a_plain_body(callbacks):
    assert refused(callbacks, query(), MESSAGE.encode()) is BadCallbackKind.WRONG_SIGNATURE


@pytest.mark.parametrize(
    "told", [VECTOR_TIME - 601, VECTOR_TIME + 601, "soon", "9" * 30, "１７３５６８９６００"]
)
def test_a_stale_request_is_refused(callbacks, told):
    assert refused(callbacks, query(ENCRYPT, timestamp=told), envelope(ENCRYPT)) is BadCallbackKind.STALE


@pytest.mark.parametrize("told", [VECTOR_TIME - 600, VECTOR_TIME + 600])
def test_ten_minutes_are_fresh(callbacks, told):
    assert callbacks.receive(query(ENCRYPT, timestamp=told), envelope(ENCRYPT)).content == "报名"


def test_a_message_for_another_app_is_refused(callbacks):
    other = Callbacks(token=TOKEN, aes_key=AES_KEY, app_id="wx_other_app_00000", mode="safe")
    sealed = other.encrypt(MESSAGE.encode())

    assert refused(callbacks, query(sealed), envelope(sealed)) is BadCallbackKind.WRONG_APP


def test_unparsable_content_keeps_what_was_decrypted(callbacks):
    sealed = callbacks.encrypt(b"<xml><oops")

    with pytest.raises(BadCallback) as caught:
        callbacks.receive(query(sealed), envelope(sealed))

    assert caught.value.kind is BadCallbackKind.UNPARSABLE
    assert caught.value.xml == b"<xml><oops"


def test_an_oversized_body_is_unparsable(callbacks):
    assert refused(callbacks, query(ENCRYPT), b"x" * 65537) is BadCallbackKind.UNPARSABLE


def test_echostr_comes_back_only_when_signed(callbacks):
    assert callbacks.verify_url(query(echostr="5837")) == "5837"
    with pytest.raises(BadCallback):
        callbacks.verify_url(query(echostr="5837", signature="0" * 40))


def test_a_sealed_reply_opens_again(callbacks):
    reply = parse_xml(callbacks.encrypt_reply("<xml>好</xml>", nonce="a]]>b", timestamp=7))

    assert reply["MsgSignature"] == sign(TOKEN, "7", "a]]>b", str(reply["Encrypt"]))
    assert (reply["TimeStamp"], reply["Nonce"]) == ("7", "a]]>b")
    assert callbacks.decrypt(str(reply["Encrypt"])).decode() == "<xml>好</xml>"


def test_no_reply_is_success(callbacks):
    assert callbacks.answer("", encrypted=True) == b"success"
    assert callbacks.answer("<xml/>", encrypted=False) == b"<xml/>"
    assert callbacks.answer("<xml/>", encrypted=True).startswith(b"<xml><Encrypt>")


@given(st.binary(max_size=300))
def test_any_bytes_survive_sealing(message):
    callbacks = mode("safe")

    assert callbacks.decrypt(callbacks.encrypt(message)) == message


@given(st.binary(max_size=200), st.sampled_from(["body", "sealed", "encrypt"]))
def test_only_bad_callback_escapes(noise, where):
    callbacks = mode("safe")
    encrypt = callbacks.encrypt(noise) if where == "sealed" else noise.hex()
    body = noise if where == "body" else envelope(encrypt)

    with clock.fixed(clock.from_timestamp(VECTOR_TIME)), pytest.raises(BadCallback):
        callbacks.receive(query(encrypt), body)


@given(st.binary(max_size=120))
def test_only_bad_callback_escapes_from_signed_ciphertext(noise):
    callbacks = mode("safe")
    encrypt = base64.b64encode(noise[: len(noise) // 16 * 16]).decode()

    with clock.fixed(clock.from_timestamp(VECTOR_TIME)), pytest.raises(BadCallback):
        callbacks.receive(query(encrypt), envelope(encrypt))


@pytest.mark.parametrize("cut", range(1, 17))
def test_padding_is_checked_to_the_last_byte(callbacks, cut):
    key = base64.b64decode(AES_KEY + "=")
    plain = b"0" * 16 + (0).to_bytes(4, "big") + APP_ID.encode()
    pad = 32 - len(plain) % 32
    padding = bytearray([pad]) * pad
    padding[-min(cut, pad)] ^= 0x40
    encryptor = Cipher(AES(key), CBC(key[:16])).encryptor()
    sealed = base64.b64encode(encryptor.update(plain + bytes(padding)) + encryptor.finalize()).decode()

    assert refused(callbacks, query(sealed), envelope(sealed)) is BadCallbackKind.UNPARSABLE


XML_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff\r"), max_size=60)


@given(XML_TEXT)
def test_any_text_survives_xml(text):
    xml = MESSAGE.replace("<![CDATA[报名]]>", cdata(text)).encode()

    kept = "".join(c for c in text if c >= " " or c in "\t\n")
    assert parse_inbound(xml).content == kept
    assert (ElementTree.fromstring(xml).findtext("Content") or "") == kept


BILLION_LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><xml><Content>&b;</Content></xml>'


@pytest.mark.parametrize(
    "xml",
    [
        BILLION_LAUGHS,
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml><a>b</a></xml>',
        b"<xml><Content>&lol;</Content></xml>",
        b"",
        b"<xml>",
        b"<xml>text</xml>",
        b"<xml/>",
        b"<a/><b/>",
        b"<a>" * 40 + b"</a>" * 40,
        b"<xml>" + b"<a>1</a>" * 6000 + b"</xml>",
        '<?xml version="1.0" encoding="utf-16"?><xml><a>1</a></xml>'.encode("utf-16"),
    ],
)
def test_what_is_not_a_message_is_refused(xml):
    with pytest.raises(BadXML):
        parse_inbound(xml)


def test_control_characters_and_broken_utf8_are_dropped():
    xml = MESSAGE.replace("报名", "报\x00\x0b\x1f名\x08").encode()
    broken = MESSAGE.encode().replace("名".encode(), b"\xe5\x90")

    assert parse_inbound(xml).content == "报名"
    assert parse_inbound(broken).content == "报�"
