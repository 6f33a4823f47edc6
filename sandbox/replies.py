"""Passive replies, opened and read as strictly as the platform does (contract §1.7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .callback_crypto import BadEnvelope, Envelope, signature
from .xml import BadXml, Node, child_of, parse, text_of

TEXT_BYTES = 2048


class BadReply(ValueError):
    """The person sees "暂时无法提供服务"; the text says why."""


class ReplyReader:
    def __init__(
        self, *, mode: str, token: str, envelope: Envelope, original_id: str, has_media: Callable[[str], bool]
    ) -> None:
        self._mode, self._token, self._envelope = mode, token, envelope
        self._original_id, self._has_media = original_id, has_media

    def read(self, raw: bytes, openid: str) -> dict[str, Any] | None:
        """The reply as {kind, …}, None when handled without one. Raises BadReply."""
        if raw.strip() in (b"", b"success"):
            return None
        try:
            root = self._opened(parse(raw))
            return self._message(root, openid)
        except (BadXml, BadEnvelope) as error:
            raise BadReply(str(error)) from error

    def _opened(self, root: Node) -> Node:
        sealed = text_of(root, "Encrypt")
        if sealed is None:
            if self._mode == "safe":
                raise BadReply("safe mode needs an encrypted reply")
            return root
        if self._mode == "plain":
            raise BadReply("plain mode does not take an encrypted reply")
        sent = [text_of(root, name) for name in ("TimeStamp", "Nonce", "MsgSignature")]
        if any(not part for part in sent):
            raise BadReply("TimeStamp, Nonce and MsgSignature must be there")
        if signature(self._token, str(sent[0]), str(sent[1]), sealed) != sent[2]:
            raise BadReply("MsgSignature is wrong")
        return parse(self._envelope.decrypt(sealed))

    def _message(self, root: Node, openid: str) -> dict[str, Any]:
        if text_of(root, "ToUserName") != openid or text_of(root, "FromUserName") != self._original_id:
            raise BadReply("ToUserName and FromUserName must be those of the message, swapped")
        created = text_of(root, "CreateTime") or ""
        if not created.strip().isdecimal():
            raise BadReply("CreateTime must be whole seconds")
        kind = text_of(root, "MsgType")
        reader = self._readers().get(kind or "")
        if reader is None:
            raise BadReply(f"MsgType {kind!r} is not known")
        return {"kind": kind, **reader(root)}

    def _readers(self) -> dict[str, Callable[[Node], dict[str, Any]]]:
        return {
            "text": self._text,
            "news": self._news,
            "image": lambda root: self._media(root, "Image"),
            "voice": lambda root: self._media(root, "Voice"),
            "transfer_customer_service": lambda root: {},
        }

    def _text(self, root: Node) -> dict[str, Any]:
        content = text_of(root, "Content")
        if not content:
            raise BadReply("Content is empty")
        if len(content.encode()) > TEXT_BYTES:
            raise BadReply(f"Content is longer than {TEXT_BYTES} bytes")
        return {"text": content}

    def _media(self, root: Node, name: str) -> dict[str, Any]:
        media_id = text_of(child_of(root, name), "MediaId") or ""
        if not self._has_media(media_id):
            raise BadReply(f"MediaId {media_id!r} is not known")
        return {"media_id": media_id}

    def _news(self, root: Node) -> dict[str, Any]:
        items = child_of(root, "Articles").get("item", [])
        count = text_of(root, "ArticleCount") or ""
        if not items or not count.isdecimal() or int(count) != len(items) or len(items) > 8:
            raise BadReply("ArticleCount must be the number of articles, 1 to 8")
        articles = []
        for item in items:
            if not isinstance(item, dict):
                raise BadReply("an article must have elements inside")
            title, url = text_of(item, "Title"), text_of(item, "Url")
            if not title or url is None:
                raise BadReply("an article needs Title, Description, PicUrl and Url")
            cover, digest = text_of(item, "PicUrl") or "", text_of(item, "Description") or ""
            articles.append({"title": title, "digest": digest, "cover": cover, "url": url})
        return {"articles": articles[:1]}  # one article after a person's message since 2018
