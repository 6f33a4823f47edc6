"""The vectors of the contract's §1.2, and what must not open."""

from __future__ import annotations

import pytest

from sandbox.callback_crypto import BadEnvelope, Envelope, signature

AES_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
MESSAGE = (
    "<xml><ToUserName><![CDATA[gh_sandbox00001]]></ToUserName><FromUserName>"
    "<![CDATA[oSandboxUser0000000000000001]]></FromUserName><CreateTime>1735689600</CreateTime>"
    "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[报名]]></Content>"
    "<MsgId>24000000000000001</MsgId></xml>"
).encode()
ENCRYPT = (
    "4j/AuRx71kQlxVlzbpsMWHFMAsfhXznmO5TH0Yo/UB02y9sGLkxjkjDWP5a+Of+d/zcfBkrTUNFUMpqzikxSt4jCW3VaCEKt3+vYqx"
    "HieHoB3U4Ui4K+hNyeooan+c4XX6HgnRcTxKAycFDJvWb3BlF6qNZRlczmGwoXt8dy32pZcJcl8pxzfP3t6lpT7DpVX05pV/Ma9fzx"
    "saGTa4PxGMCu0kZbgnTHHg7oAJwa4UDtAmm80MwEh3J7pAXGspZVIBRawj+D8HhtNklF8d9aNhCIiH+SO5JoqUVN4AcfN88tawqPAh"
    "ufd7abJk2s96TrfI9+iwUFWyPz5u3apL5Jq7r7hAv8E+oaR3m7eroXWIMCOIRMAttcc/kImMo188uvsEnEy73nqdFHQK1BIsGZU2Q1"
    "8KbEflnDyqSP9kmNueY="
)


def test_the_plain_signature_is_the_contracts() -> None:
    assert (
        signature("sandboxToken2024", "1735689600", "907316524") == "fe36a2b36dce89c88974c556d98f71fef1ad0260"
    )


def test_the_encrypted_message_and_its_signature_are_the_contracts() -> None:
    envelope = Envelope(AES_KEY, "wx0123456789abcdef")

    sealed = envelope.encrypt(MESSAGE, prefix=b"0123456789abcdef")

    assert sealed == ENCRYPT
    told = signature("sandboxToken2024", "1735689600", "907316524", sealed)
    assert told == "fa4f80468904c778e86d03bc74f3b745890a3b4e"
    assert envelope.decrypt(sealed) == MESSAGE


@pytest.mark.parametrize("sealed", ["", "not base64!", "AAAA", ENCRYPT[:-8] + "AAAAAAA="])
def test_a_damaged_message_does_not_open(sealed: str) -> None:
    with pytest.raises(BadEnvelope):
        Envelope(AES_KEY, "wx0123456789abcdef").decrypt(sealed)


def test_a_message_for_another_account_does_not_open() -> None:
    with pytest.raises(BadEnvelope):
        Envelope(AES_KEY, "wx5a6d0b9c1e2f3a40").decrypt(ENCRYPT)
