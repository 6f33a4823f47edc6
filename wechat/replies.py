"""Passive replies: the XML answered to a message (contract §1.7).

The XML is stored as it is; `Callbacks.answer` seals it for the wire.
https://developers.weixin.qq.com/doc/service/guide/product/message/Passive_user_reply_message.html
"""

from __future__ import annotations

from dataclasses import dataclass

import clock
from wechat.inbound import Inbound
from wechat.texts import cut_to_bytes, sendable

TEXT_REPLY_BYTES = 2048


@dataclass(frozen=True, slots=True)
class NewsArticle:
    """A card. The title is shown in two lines, the description in full or, by newer clients, in three."""

    title: str
    description: str
    picture_url: str
    url: str

    @property
    def size(self) -> int:
        """Its bytes of UTF-8, without the XML around them."""
        parts = (self.title, self.description, self.picture_url, self.url)
        return sum(len(part.encode("utf-8", "replace")) for part in parts)


def reply(inbound: Inbound, said: str | NewsArticle) -> str:
    """The XML of a reply: a card, or text."""
    return news_reply(inbound, said) if isinstance(said, NewsArticle) else text_reply(inbound, said)


def text_reply(inbound: Inbound, text: str) -> str:
    """The XML of a text reply, cut to the 2048 bytes WeChat shows. The text may hold links."""
    return f"{_head(inbound, 'text')}<Content>{cdata(cut_to_bytes(text, TEXT_REPLY_BYTES))}</Content></xml>"


def news_reply(inbound: Inbound, article: NewsArticle) -> str:
    """The XML of a card reply. One article: more are dropped after a user's message."""
    return (
        f"{_head(inbound, 'news')}<ArticleCount>1</ArticleCount><Articles><item>"
        f"<Title>{cdata(article.title)}</Title><Description>{cdata(article.description)}</Description>"
        f"<PicUrl>{cdata(article.picture_url)}</PicUrl><Url>{cdata(article.url)}</Url>"
        "</item></Articles></xml>"
    )


def cdata(text: str) -> str:
    """Text as CDATA that cannot be left: `]]>` is split, what XML cannot hold is dropped."""
    clean = sendable(text)
    if "]]>" in clean:
        clean = clean.replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{clean}]]>"


def _head(inbound: Inbound, msg_type: str) -> str:
    return (
        f"<xml><ToUserName>{cdata(inbound.openid)}</ToUserName><FromUserName>{cdata(inbound.to)}</FromUserName>"
        f"<CreateTime>{int(clock.timestamp())}</CreateTime><MsgType><![CDATA[{msg_type}]]></MsgType>"
    )
