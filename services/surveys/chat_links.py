"""The taps of a survey in chat: signed ids of options and of the ways through it."""

from __future__ import annotations

from services import menu_ids
from wechat.texts import menu_link

START, EDIT, GO_ON, DONE = "start", "edit", "go", "done"
BACK, NEXT, SKIP, LATER, PROGRESS = "back", "next", "skip", "later", "progress"
ANEW, MORE, FEWER = "anew", "more", "fewer"
ACTION_WORDS = {
    START: "开始填写",
    EDIT: "查看修改",
    GO_ON: "继续",
    DONE: "选好了",
    BACK: "上一题",
    NEXT: "下一题",
    SKIP: "跳过",
    LATER: "稍后再答",
    PROGRESS: "进度",
    ANEW: "确定重来",
    MORE: "更多选项",
    FEWER: "前面的选项",
}


def menu_id(questionnaire_id: int, question_id: int, what: int | str) -> str:
    """The signed id of a tap: an option's id, a page of options (`p2`), or one of the actions."""
    return menu_ids.make(f"s{questionnaire_id}", str(question_id), str(what))


def action(questionnaire_id: int, question_id: int, what: str) -> str:
    return menu_link(ACTION_WORDS[what], ACTION_WORDS[what], menu_id(questionnaire_id, question_id, what))


def page_turn(questionnaire_id: int, question_id: int, page: int, words: str) -> str:
    """To another page of a long list of options, counted from 0."""
    return menu_link(words, words, menu_id(questionnaire_id, question_id, f"p{page}"))
