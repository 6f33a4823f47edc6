"""A product that asks four questions in chat, as small as can be; it keeps what it understood."""

from __future__ import annotations

import re
import threading
import unicodedata
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.sandbox.conftest import text_reply

QUESTIONS: list[tuple[str, str, list[str]]] = [
    ("您最需要的专题？", "单选", ["基层治理", "数据治理 & 安全", "党史"]),
    ("哪些方式合适？", "多选", ["现场教学", "线上", "研讨", "送课上门"]),
    ("您每月能参加几次？", "数字", []),
    ("还有什么建议？", "文字", []),
]


def link(words: str, content: str, menu_id: str) -> str:
    href = f"weixin://bizmsgmenu?msgmenucontent={quote(content, safe='')}&msgmenuid={quote(menu_id, safe='')}"
    return f'<a href="{href}">{words.replace("&", "&amp;")}</a>'


@dataclass
class SurveyProduct:
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    at: dict[str, int] = field(default_factory=dict)
    replies: dict[str, str] = field(default_factory=dict)
    lock: Any = field(default_factory=threading.Lock)

    def __call__(self, message: dict[str, Any]) -> str:
        with self.lock:
            key = message.get("MsgId", "") + message["FromUserName"]
            if key not in self.replies:
                text = self._text(message["FromUserName"], message["Content"], message.get("bizmsgmenuid"))
                self.replies[key] = text_reply(message, text)
            return self.replies[key]

    def _text(self, person: str, said: str, tapped: str | None) -> str:
        given = self.answers.setdefault(person, {})
        at = self.at.get(person, 0)
        if said == "需求征集":
            return self._ask(person, 0)
        if said == "上一题" and at > 0:
            return self._ask(person, at - 1)
        text, kind, options = QUESTIONS[at]
        if kind == "多选" and said != "选好了":
            numbers = {int(part) for part in re.findall(r"\d", unicodedata.normalize("NFKC", said))}
            chosen = given.setdefault(text, set())
            given[text] = chosen ^ numbers if tapped else numbers
            return self._ask(person, at)
        if kind == "单选":
            plain = unicodedata.normalize("NFKC", said)
            given[text] = {int(plain) if plain.isdecimal() else options.index(said) + 1}
        elif kind == "数字":
            given[text] = int(unicodedata.normalize("NFKC", said))
        elif kind == "文字":
            given[text] = said
        missing = [no for no, row in enumerate(QUESTIONS) if not given.get(row[0]) and given.get(row[0]) != 0]
        return self._ask(person, missing[0]) if missing else "感谢您的回答！"

    def _ask(self, person: str, at: int) -> str:
        self.at[person] = at
        text, kind, options = QUESTIONS[at]
        chosen = self.answers[person].get(text, set())
        lines = [f"【{at + 1}/{len(QUESTIONS)}】{text}（{kind}）"]
        for number, option in enumerate(options, 1):
            mark = " ✓已选" if number in chosen else ""
            lines.append(link(f"{number}. {option}", str(number), f"q{at}o{number}") + mark)
        if kind == "多选":
            lines.append(link("选好了", "选好了", "done"))
        lines.append(
            "请回复 0 至 9 的整数。" if kind == "数字" else "请选 1 至 3 项" if options else "请回复"
        )
        if at:
            lines.append(link("上一题", "上一题", "back"))
        return "\n".join(lines)

    def understood(self, person: str) -> dict[str, Any]:
        told = {}
        for text, _, options in QUESTIONS:
            given = self.answers[person][text]
            told[text] = [options[n - 1] for n in sorted(given)] if isinstance(given, set) else given
        return told
