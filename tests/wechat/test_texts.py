"""Escaping, links and lengths of chat text, and the replies made of it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechat.inbound import Inbound, parse_inbound
from wechat.replies import NewsArticle, news_reply, text_reply
from wechat.texts import cut_to_bytes, escape, menu_link, web_link

LINK = menu_link("1. 基层治理", "1", "s7.1.a")


def test_a_menu_link_is_encoded_and_escaped():
    assert menu_link("<好>&", "基层 治理&x", "a=1") == (
        '<a href="weixin://bizmsgmenu?msgmenucontent=%E5%9F%BA%E5%B1%82%20%E6%B2%BB%E7%90%86%26x'
        '&msgmenuid=a%3D1">&lt;好&gt;&amp;</a>'
    )


def test_a_web_link_cannot_be_left():
    assert web_link("x", 'https://a.example/"><b>') == '<a href="https://a.example/%22%3E%3Cb%3E">x</a>'


def test_user_text_cannot_make_a_link():
    assert escape('<a href="https://evil.example">领奖</a>') == (
        '&lt;a href="https://evil.example"&gt;领奖&lt;/a&gt;'
    )


def test_text_within_the_limit_is_untouched():
    assert cut_to_bytes("中" * 682 + "ab", 2048) == "中" * 682 + "ab"


def test_text_is_cut_between_characters():
    assert cut_to_bytes("中" * 683, 2048) == "中" * 681 + "…"
    assert cut_to_bytes("😀😀", 7) == "😀…"
    assert cut_to_bytes("中文", 2) == ""


@pytest.mark.parametrize("limit", range(3, len(("前" + LINK + "后").encode())))
def test_a_link_is_kept_whole_or_left_out(limit):
    cut = cut_to_bytes("前" + LINK + "后", limit)

    assert len(cut.encode()) <= limit
    assert cut.removesuffix("…") in ("", "前", "前" + LINK)


def test_an_entity_is_not_cut():
    assert cut_to_bytes("ab&lt;cdefgh", 9) == "ab&lt;…"
    assert cut_to_bytes("ab&lt;cdefgh", 8) == "ab…"
    assert cut_to_bytes("a & b c d e f g", 10) == "a & b c…"


@given(st.text(), st.integers(0, 60))
def test_a_cut_text_fits(text, limit):
    assert len(cut_to_bytes(text, limit).encode()) <= limit or len(text.encode("utf-8", "replace")) <= limit


@given(st.text(max_size=300))
def test_no_text_breaks_out_of_a_reply(text):
    inbound = Inbound(to="gh", openid="o", create_time=1, msg_type="text")

    reply = parse_inbound(text_reply(inbound, text).encode())

    assert set(reply.fields) == {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"}
    kept = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "", text)
    assert reply.content == kept.replace("\r\n", "\n").replace("\r", "\n")  # as XML reads line ends


def test_a_text_reply_goes_back_to_the_sender(inbound, vector_time):
    reply = parse_inbound(text_reply(inbound, "收到]]><x>").encode())

    assert (reply.to, reply.openid, reply.create_time, reply.content) == (
        "oU1", "gh_1", vector_time, "收到]]><x>",
    )  # fmt: skip


def test_a_long_reply_is_cut_to_what_wechat_shows(inbound):
    reply = parse_inbound(text_reply(inbound, "中" * 1000).encode())

    assert len(reply.content.encode()) <= 2048


def test_a_news_reply_holds_one_card(inbound):
    article = NewsArticle("讲座]]>", "地点", "https://a.example/1.png", "https://a.example/m/1")

    reply = parse_inbound(news_reply(inbound, article).encode())

    assert reply.text("ArticleCount") == "1"
    assert reply.group("Articles")["item"] == {
        "Title": "讲座]]>",
        "Description": "地点",
        "PicUrl": "https://a.example/1.png",
        "Url": "https://a.example/m/1",
    }
