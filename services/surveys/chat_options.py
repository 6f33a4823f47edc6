"""The options of a question as lines of a chat text, within the bytes that are left for them.

First each line is a tap; where that is too long, a list to be answered by numbers; where not even
that fits whole, pages of taps.
"""

from __future__ import annotations

from models.surveys import QuestionKind
from services.surveys.answers import Given
from services.surveys.chat_links import ACTION_WORDS, FEWER, MORE, menu_id, page_turn
from services.surveys.sheet import Asked, Choice, Sheet
from wechat.replies import TEXT_REPLY_BYTES
from wechat.texts import escape, menu_link

CHOSEN = " ✓已选"
FULL = "（已满）"
STEPS_A_ROW = 5
OPTION_CUTS = (60, 24, 14, 9, 6, 4)  # characters left of an option when a page is too long
PAGE_RESERVE = 420  # bytes kept free beside a page of options: page turns and a note


def lines(sheet: Sheet, asked: Asked, given: Given, room: int, page: int, aside: int) -> str:
    """The options in at most `room` bytes where that can be. `aside`: bytes of head and foot
    without any note, the same each time a question is shown, by which pages are made."""
    if asked.steps:
        return _steps(sheet, asked, given, room)
    if not asked.choices:
        return ""
    told = "\n".join(_linked(sheet, asked, each, given) for each in asked.choices)
    if len(told.encode()) <= room:
        return told
    told = "\n".join(_numbered(asked, each, given, OPTION_CUTS[0]) for each in asked.choices)
    if len(told.encode()) <= room:
        return told
    parts = pages(sheet, asked, aside)
    if len(parts) == 1:
        return _cut(asked, parts[0], given, room)
    page = max(0, min(page, len(parts) - 1))
    turns = _page_turns(sheet, asked, page, len(parts))
    told = "\n".join([*(_linked(sheet, asked, each, given) for each in parts[page]), turns])
    if len(told.encode()) <= room:
        return told
    return "\n".join([_cut(asked, parts[page], given, room - len(f"\n{turns}".encode())), turns])


def pages(sheet: Sheet, asked: Asked, aside: int) -> list[tuple[Choice, ...]]:
    """The options parted so that each part fits beside its question."""
    room = TEXT_REPLY_BYTES - aside - PAGE_RESERVE
    everything = Given(chosen={asked.id: {choice.id for choice in asked.choices}})
    found: list[list[Choice]] = [[]]
    used = 0
    for choice in asked.choices:
        size = len(_linked(sheet, asked, choice, everything).encode()) + 1
        if found[-1] and used + size > room:
            found.append([])
            used = 0
        found[-1].append(choice)
        used += size
    return [tuple(each) for each in found]


def _page_turns(sheet: Sheet, asked: Asked, page: int, count: int) -> str:
    ways = [f"第{page + 1}/{count}页，共{len(asked.choices)}项"]
    if page + 1 < count:
        ways.append(page_turn(sheet.questionnaire_id, asked.id, page + 1, ACTION_WORDS[MORE]))
    if page > 0:
        ways.append(page_turn(sheet.questionnaire_id, asked.id, page - 1, ACTION_WORDS[FEWER]))
    return "　".join(ways)


def _cut(asked: Asked, choices: tuple[Choice, ...], given: Given, room: int) -> str:
    told = ""
    for most in OPTION_CUTS:
        told = "\n".join(_numbered(asked, each, given, most) for each in choices)
        if len(told.encode()) <= room:
            break
    return told


def _linked(sheet: Sheet, asked: Asked, choice: Choice, given: Given) -> str:
    # the tap sends the number, not the words: nine bytes a character would not fit
    marked = _mark(asked, choice, given)
    if not marked and choice.id in given.full:
        return f"{choice.no}. {escape(choice.text)}{FULL}"
    at = menu_id(sheet.questionnaire_id, asked.id, choice.id)
    return menu_link(f"{choice.no}. {choice.text}", str(choice.no), at) + marked


def _mark(asked: Asked, choice: Choice, given: Given) -> str:
    if asked.kind is QuestionKind.RANKING:
        order = given.ranks.get(asked.id, [])
        return f" ✓第{order.index(choice.id) + 1}位" if choice.id in order else ""
    if choice.id not in given.chosen.get(asked.id, ()):
        return ""
    words = given.words.get(choice.id, "")
    return CHOSEN + (f"：{escape(words[:12])}{'…' if len(words) > 12 else ''}" if words else "")


def _numbered(asked: Asked, choice: Choice, given: Given, most: int) -> str:
    text = choice.text if len(choice.text) <= most else choice.text[: most - 1] + "…"
    marked = _mark(asked, choice, given)
    if not marked and choice.id in given.full:
        marked = FULL
    short = marked if asked.kind is QuestionKind.RANKING or marked == FULL else "✓" if marked else ""
    return f"{choice.no}. {escape(text)}{short}"


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
        shown = taps
    else:
        rows = [taps[at : at + STEPS_A_ROW] for at in range(0, len(taps), STEPS_A_ROW)]
        shown = [*([ends] if ends else []), *("　　".join(row) for row in rows)]
    text = "\n".join(shown)
    return text if len(text.encode()) <= room else ends


def scale_words(asked: Asked) -> str:
    """“1＝很不满意，5＝非常满意”; "" where the ends have no words."""
    ends = [(step, asked.end_words(step)) for step in (asked.steps[0], asked.steps[-1])]
    return "，".join(f"{step}＝{escape(words)}" for step, words in ends if words)
