"""A survey in words: questions, hints and thanks as they are shown in chat.

A question begins with the line `【2/6】您最需要的专题？（多选）`, then one line per option. A text
never exceeds the 2,048 bytes of a passive reply: long lists of options lose their links first,
then they are parted into pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import config
from models.surveys import QUESTION_KIND_WORDS, QuestionKind, Questionnaire
from services import member_links
from services.surveys import chat_options, flow, reading
from services.surveys.answers import Given
from services.surveys.chat_links import (
    ANEW,
    BACK,
    DONE,
    EDIT,
    GO_ON,
    LATER,
    NEXT,
    SKIP,
    START,
    action,
    menu_id,
)
from services.surveys.sheet import Asked, Sheet
from wechat.capabilities import Capability, granted
from wechat.replies import TEXT_REPLY_BYTES
from wechat.texts import cut_to_bytes, escape, menu_link, web_link

THANKS = "感谢您的回答"
ANONYMOUS = "本问卷匿名：不记录是谁答的，只看汇总。"
NAMED = "本问卷实名，供统筹培训使用。"
ON_PAGE = "用网页填写"
GAP = "\n——\n"
ANSWER_MARK = (
    "\x1d"  # a note holds it where the present answer is to be told: notes are kept, answers are not
)
HELP_BYTES = 300


def question(
    sheet: Sheet,
    asked: Asked,
    given: Given,
    notes: Sequence[str] = (),
    lead: Sequence[str] = (),
    page: int = 0,
) -> str:
    """The question with what is chosen so far, the way back and on; `lead` stands above, notes below.

    `page` of the options is shown where they are too many for one text.
    """
    noted = GAP + "\n".join(told(notes, sheet, given)) if notes else ""
    bare, full = _head(sheet, asked, is_bare=True), _head(sheet, asked)
    aside = len(f"{bare}\n\n{_foot(sheet, asked, Given(), may_wait=False)}".encode())
    text = ""
    # the less of what stands above the longer the options are; 稍后再答 goes first, it can be typed
    ways = [(full, len(lead), True), *((full, n, False) for n in (len(lead), len(lead) - 1, 1, 0))]
    for head, most, may_wait in [*ways, (bare, 0, False)]:
        above = "\n".join(lead[:most]) + GAP if lead[:most] else ""
        foot = _foot(sheet, asked, given, may_wait=may_wait) + noted
        room = TEXT_REPLY_BYTES - len(f"{above}{head}\n\n{foot}".encode())
        options = chat_options.lines(sheet, asked, given, room, page, aside)
        text = above + "\n".join(part for part in (head, options, foot) if part)
        # the last line, the way to the page, goes before the options lose their taps
        is_dear = may_wait or most == len(lead) > 1
        lost = options.count("<a ") < len(asked.choices) - len(given.full) + len(asked.steps)
        if len(text.encode()) <= TEXT_REPLY_BYTES and not (is_dear and lost):
            break
    return cut_to_bytes(text, TEXT_REPLY_BYTES)


def _head(sheet: Sheet, asked: Asked, *, is_bare: bool = False) -> str:
    """The section, the head of the table and the question; bare: without what only helps."""
    line = f"【{asked.no}/{len(sheet.questions)}】{escape(asked.text)}（{QUESTION_KIND_WORDS[asked.kind]}）"
    if is_bare:
        return line
    lines = [f"◆ {escape(asked.section)}"] if asked.section else []
    if asked.matrix is not None and asked.matrix_text:
        lines.append(f"〔{escape(asked.matrix_text)}〕")
    lines.append(line)
    if asked.help_text:
        lines.append(f"说明：{escape(cut_to_bytes(asked.help_text, HELP_BYTES))}")
    return "\n".join(lines)


def told(notes: Sequence[str], sheet: Sheet, given: Given) -> list[str]:
    """The notes with the answers they point to put in."""
    found = []
    for note in notes:
        before, mark, question_id = note.partition(ANSWER_MARK)
        asked = sheet.question(int(question_id)) if mark else None
        found.append(
            before + (escape(flow.answer_words(asked, given)[:40]) + "。" if asked is not None else "")
        )
    return found


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
    """“进度：已答 3 题，共 6 题；还没答的是第4、5、6题（第6题可以跳过）。” Of what this person is asked."""
    missing = [asked for asked in sheet.questions if not given.has(asked)]
    passed = sum(asked.id in given.passed for asked in sheet.questions)
    answered = len(sheet.questions) - len(missing) - passed
    said = f"进度：已答 {answered} 题" + (f"，跳过 {passed} 题" if passed else "")
    said += f"，共 {len(sheet.questions)} 题"
    if not missing:
        return said + "，都答完了。"
    free = "、".join(str(asked.no) for asked in missing if not asked.is_required)
    numbers = "、".join(str(asked.no) for asked in missing)
    return f"{said}；还没答的是第{numbers}题" + (f"（第{free}题可以跳过）。" if free else "。")


def sure_anew(questionnaire_id: int, count: int) -> str:
    """重来 is asked once more: it takes answers away."""
    again, more = action(questionnaire_id, 0, ANEW), action(questionnaire_id, 0, GO_ON)
    return f"重来会去掉已答的 {count} 题，从第一题开始。\n确定的话请点 {again}；不重来请点 {more}。"


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


def on_hold(title: str) -> str:
    return f"《{escape(title)}》暂停填写，您之前的回答都已保存。恢复后回复“需求征集”可以接着填。"


def refused(title: str) -> str:
    return (
        f"好的，《{escape(title)}》不再提醒您。参加与否都不影响您使用其他服务；"
        "想填的时候，回复“需求征集”即可。"
    )


def _foot(sheet: Sheet, asked: Asked, given: Given, *, may_wait: bool) -> str:
    """选好了, the hint, what is answered so far, and the way back and on."""
    lines = []
    if asked.kind is QuestionKind.MULTIPLE:
        lines.append(action(sheet.questionnaire_id, asked.id, DONE))
    other = given.wordless(asked)
    lines.append(
        f"请直接回复“{escape(other.text)}”指什么，几个字就好。" if other is not None else _hint(asked)
    )
    if given.is_stuck(asked):
        lines.append("能选的名额已满，这一题可以跳过。")
    has_lines = asked.choices or asked.steps
    if not has_lines and given.rows(asked) and asked.id not in given.passed:
        lines.append(f"目前的回答：{escape(cut_to_bytes(flow.answer_words(asked, given), 150))}")
    ways = [BACK] if sheet.before(asked) else []
    if (not asked.is_required or given.is_stuck(asked)) and not given.has(asked):
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
    if asked.kind is QuestionKind.RANKING:
        places = "" if asked.most == len(asked.choices) else f"前 {asked.most} 位"
        numbers = " ".join(str(no) for no in range(min(asked.most, 3), 0, -1))
        return f"请按先后依次点选{places}，再点一次可取消；也可一次回复全部序号，如 {numbers}。"
    if asked.kind is QuestionKind.NUMBER:
        return f"{reading.range_words(asked)}。"
    if asked.kind is QuestionKind.DATE:
        return f"{reading.date_range_words(asked)}；也可以说“下周三”“明年3月15日”。"
    if asked.kind is QuestionKind.PICTURE:
        return "请直接发一张图片。"
    if asked.steps:
        return f"请点一个数字，或{reading.range_words(asked).removeprefix('请')}。"
    return f"请直接回复文字，最多{reading.LONGEST_TEXT}字。"


def how_to_answer(asked: Asked) -> str:
    """In a few words, for an answer that was not understood."""
    if asked.kind is QuestionKind.DATE:
        return reading.date_range_words(asked)
    if asked.kind is QuestionKind.PICTURE:
        return "请发一张图片"
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
