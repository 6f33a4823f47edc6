"""A survey in words: questions, hints and thanks as they are shown in chat.

A question begins with the line `【2/6】您最需要的专题？（多选）`, then one line per option. A text
never exceeds the 2,048 bytes of a passive reply: long lists lose their links first, then
the ends of their options.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import config
from models.surveys import QUESTION_KIND_WORDS, QuestionKind, Questionnaire
from services import member_links, menu_ids
from services.surveys import reading
from services.surveys.responses import Given
from services.surveys.sheet import Asked, Choice, Sheet
from wechat.capabilities import Capability, granted
from wechat.replies import TEXT_REPLY_BYTES
from wechat.texts import cut_to_bytes, escape, menu_link, web_link

START, EDIT, GO_ON, DONE = "start", "edit", "go", "done"
BACK, NEXT, SKIP, LATER, PROGRESS = "back", "next", "skip", "later", "progress"
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
}
THANKS = "感谢您的回答"
ANONYMOUS = "本问卷匿名：不记录是谁答的，只看汇总。"
NAMED = "本问卷实名，供统筹培训使用。"
ON_PAGE = "用网页填写"
CHOSEN = " ✓已选"
GAP = "\n——\n"
STEPS_A_ROW = 5
OPTION_CUTS = (60, 24, 14, 9, 6, 4)  # characters left of an option when the list is too long


def menu_id(questionnaire_id: int, question_id: int, what: int | str) -> str:
    """The signed id of a tap: an option's id, or one of the actions."""
    return menu_ids.make(f"s{questionnaire_id}", str(question_id), str(what))


def action(questionnaire_id: int, question_id: int, what: str) -> str:
    return menu_link(ACTION_WORDS[what], ACTION_WORDS[what], menu_id(questionnaire_id, question_id, what))


def question(
    sheet: Sheet, asked: Asked, given: Given, notes: Sequence[str] = (), lead: Sequence[str] = ()
) -> str:
    """The question with what is chosen so far, the way back and on; `lead` stands above, notes below."""
    told = GAP + "\n".join(notes) if notes else ""
    kind = QUESTION_KIND_WORDS[asked.kind]
    head = f"【{asked.no}/{len(sheet.questions)}】{escape(asked.text)}（{kind}）"
    text = ""
    # the less of what stands above the longer the options are; 稍后再答 goes first, it can be typed
    for most, may_wait in ((len(lead), True), *((n, False) for n in (len(lead), len(lead) - 1, 1, 0))):
        above = "\n".join(lead[:most]) + GAP if lead[:most] else ""
        foot = _foot(sheet, asked, given, may_wait=may_wait) + told
        room = TEXT_REPLY_BYTES - len(f"{above}{head}\n\n{foot}".encode())
        options = _options(sheet, asked, given, room)
        text = above + "\n".join(part for part in (head, options, foot) if part)
        # the last line, the way to the page, goes before the options lose their taps
        is_dear = may_wait or most == len(lead) > 1
        lost = options.count("<a ") < len(asked.choices) + len(asked.steps)
        if len(text.encode()) <= TEXT_REPLY_BYTES and not (is_dear and lost):
            break
    return cut_to_bytes(text, TEXT_REPLY_BYTES)


def preview(sheet: Sheet) -> list[str]:
    """Each question as a member who has not answered yet would see it."""
    return [question(sheet, asked, Given()) for asked in sheet.questions]


def intro(questionnaire: Questionnaire, count: int) -> list[str]:
    """What is said once, at the start."""
    privacy = ANONYMOUS if questionnaire.is_anonymous else NAMED
    notes = [f"《{escape(questionnaire.title)}》共{count}题。{privacy}"]
    if questionnaire.intro:
        notes.append(escape(cut_to_bytes(questionnaire.intro, 300)))
    notes.append("可随时离开，回复“继续”接着答。")
    return notes


def page_line(follower_id: int, questionnaire_id: int) -> str:
    """The way to the same survey as a page; it signs in by itself where the account has no web sign-in."""
    settings, path = config.settings(), f"/m/surveys/{questionnaire_id}"
    if Capability.WEB_OAUTH in granted(settings.wechat_account_kind, verified=settings.wechat_verified):
        return f"也可{web_link(ON_PAGE, settings.public_url + path)}，一页答完，两边可换着答。"
    return f"也可{web_link(ON_PAGE, member_links.make(follower_id, path))}（链接5分钟内有效，请勿转发）。"


def finished(questionnaire: Questionnaire, notes: Sequence[str] = ()) -> str:
    more = action(questionnaire.id, 0, EDIT)
    said = f"{THANKS}！{escape(questionnaire.thanks)}"
    return "\n".join([said, *notes, f"截止前想改，请点 {more}"])


def already(questionnaire: Questionnaire) -> str:
    more = action(questionnaire.id, 0, EDIT)
    return f"您已完成《{escape(questionnaire.title)}》，谢谢！\n截止前想改，请点 {more}"


def choose(questionnaires: Iterable[Questionnaire]) -> str:
    lines = [
        menu_link(f"{no}. {each.title}", f"需求征集 {no}", menu_id(each.id, 0, START))
        for no, each in enumerate(questionnaires, 1)
    ]
    return "有多份需求征集等您填写，请点选一份，或回复“需求征集 1”：\n" + "\n".join(lines)


def progress(sheet: Sheet, given: Given) -> str:
    """“进度：已答 3 题，共 6 题；还没答的是第4、5、6题（第6题可以跳过）。”"""
    missing = [asked for asked in sheet.questions if not given.has(asked)]
    passed = len(given.passed)
    answered = len(sheet.questions) - len(missing) - passed
    said = f"进度：已答 {answered} 题" + (f"，跳过 {passed} 题" if passed else "")
    said += f"，共 {len(sheet.questions)} 题"
    if not missing:
        return said + "，都答完了。"
    free = "、".join(str(asked.no) for asked in missing if not asked.is_required)
    numbers = "、".join(str(asked.no) for asked in missing)
    return f"{said}；还没答的是第{numbers}题" + (f"（第{free}题可以跳过）。" if free else "。")


def where_it_waits(questionnaire: Questionnaire, progress_words: str) -> str:
    more = action(questionnaire.id, 0, GO_ON)
    return f"《{escape(questionnaire.title)}》\n{progress_words}\n想接着答，点 {more} 或回复“继续”。"


def paused(progress_words: str, questionnaire_id: int) -> str:
    more = action(questionnaire_id, 0, GO_ON)
    return f"好的，先到这里，已答的都已保存。\n{progress_words}\n想接着答，点 {more} 或回复“继续”。"


def offer_to_go_on(questionnaire_id: int) -> str:
    return f"问卷还在填写中，点 {action(questionnaire_id, 0, GO_ON)} 接着答。"


def over(title: str) -> str:
    return f"《{escape(title)}》已经结束，不再接受回答。您之前的回答都已保存，谢谢！"


def _options(sheet: Sheet, asked: Asked, given: Given, room: int) -> str:
    if asked.steps:
        return _steps(sheet, asked, given, room)
    if not asked.choices:
        return ""
    chosen = given.chosen.get(asked.id, set())
    lines = "\n".join(_linked(sheet, asked, each, each.id in chosen) for each in asked.choices)
    for most in OPTION_CUTS:
        if len(lines.encode()) <= room:
            return lines
        lines = "\n".join(_numbered(each, each.id in chosen, most) for each in asked.choices)
    return lines


def _steps(sheet: Sheet, asked: Asked, given: Given, room: int) -> str:
    """The steps of a scale: one line each, or (a long scale) rows of five with the ends said above."""
    chosen = given.numbers.get(asked.id)
    ends = scale_words(asked)
    if len(asked.steps) <= STEPS_A_ROW:
        told = [f"{step} {asked.end_words(step)}".strip() for step in asked.steps]
    else:
        told = [str(step) for step in asked.steps]
    taps = [
        menu_link(words, str(step), menu_id(sheet.questionnaire_id, asked.id, step))
        + (CHOSEN if step == chosen else "")
        for step, words in zip(asked.steps, told, strict=True)
    ]
    if len(asked.steps) <= STEPS_A_ROW:
        lines = taps
    else:
        rows = [taps[at : at + STEPS_A_ROW] for at in range(0, len(taps), STEPS_A_ROW)]
        lines = [*([ends] if ends else []), *("　　".join(row) for row in rows)]
    text = "\n".join(lines)
    return text if len(text.encode()) <= room else ends


def scale_words(asked: Asked) -> str:
    """“1＝很不满意，5＝非常满意”; "" where the ends have no words."""
    ends = [(step, asked.end_words(step)) for step in (asked.steps[0], asked.steps[-1])]
    return "，".join(f"{step}＝{escape(words)}" for step, words in ends if words)


def _linked(sheet: Sheet, asked: Asked, choice: Choice, is_chosen: bool) -> str:
    # the tap sends the number, not the words: nine bytes a character would not fit
    link = menu_link(
        f"{choice.no}. {choice.text}", str(choice.no), menu_id(sheet.questionnaire_id, asked.id, choice.id)
    )
    return link + (CHOSEN if is_chosen else "")


def _numbered(choice: Choice, is_chosen: bool, most: int) -> str:
    text = choice.text if len(choice.text) <= most else choice.text[: most - 1] + "…"
    return f"{choice.no}. {escape(text)}" + ("✓" if is_chosen else "")


def _foot(sheet: Sheet, asked: Asked, given: Given, *, may_wait: bool) -> str:
    """选好了, the hint, what is answered so far, and the way back and on."""
    lines = []
    if asked.kind is QuestionKind.MULTIPLE:
        lines.append(action(sheet.questionnaire_id, asked.id, DONE))
    lines.append(_hint(asked))
    if asked.id in given.numbers and not asked.steps:
        lines.append(f"目前的回答：{given.numbers[asked.id]}")
    elif asked.id in given.texts:
        lines.append(f"目前的回答：{escape(cut_to_bytes(given.texts[asked.id], 150))}")
    ways = [BACK] if sheet.before(asked) else []
    if not asked.is_required and not given.has(asked):
        ways.append(SKIP)
    if given.has(asked) and asked.kind is not QuestionKind.MULTIPLE:
        ways.append(NEXT)
    if may_wait:
        ways.append(LATER)
    if ways:
        lines.append("　".join(action(sheet.questionnaire_id, asked.id, way) for way in ways))
    return "\n".join(lines)


def _hint(asked: Asked) -> str:
    if asked.kind is QuestionKind.SINGLE:
        return "请点选一项，或回复序号。"
    if asked.kind is QuestionKind.MULTIPLE:
        numbers = f"1 {min(3, len(asked.choices))}"
        return f"请{how_many(asked)}，点完后点“选好了”；也可一次回复全部序号，如 {numbers}。"
    if asked.kind is QuestionKind.NUMBER:
        return f"{reading.range_words(asked)}。"
    if asked.steps:
        return f"请点一个数字，或{reading.range_words(asked).removeprefix('请')}。"
    return f"请直接回复文字，最多{reading.LONGEST_TEXT}字。"


def how_to_answer(asked: Asked) -> str:
    """In a few words, for an answer that was not understood."""
    if asked.choices:
        return "请点选或回复序号"
    if asked.steps:
        return reading.range_words(asked).replace("请", "请点选或")
    return reading.range_words(asked) if asked.kind is QuestionKind.NUMBER else "请用文字回复"


def how_many(asked: Asked) -> str:
    """“选 2 至 3 项”."""
    if asked.least == asked.most:
        return f"选 {asked.most} 项"
    if asked.most < len(asked.choices):
        return f"选 {asked.least} 至 {asked.most} 项"
    return f"至少选 {asked.least} 项" if asked.least > 1 else "点选一项或多项"
