"""Names, roles and positions as rosters write them, brought to how we keep them."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from models.people import ROLE_WORDS, PersonRoleKind

MOST_NAME = 20
MOST_POSITION = 60

_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad]+")
_DOTS = re.compile(r"\s*[·•・‧∙⋅･]\s*")
_SPACES = re.compile(r"\s+")
_LATIN_GAP = re.compile(r"(?<=[A-Za-z.])\s+(?=[A-Za-z])")
_ROLE_BREAK = re.compile(r"[、,，;；/|\\+\s]+|兼(?!职)")
_FOOTNOTE = re.compile(r"^(合计|总计|小计|共计|共\d+人|备注|说明|填表|制表|审核|注[:：]|注$).*")

ROLE_SYNONYMS: dict[str, PersonRoleKind] = {
    **{words: kind for kind, words in ROLE_WORDS.items()},
    "成员": PersonRoleKind.MEMBER,
    "党校会员": PersonRoleKind.MEMBER,
    "培训学员": PersonRoleKind.TRAINEE,
    "老师": PersonRoleKind.INSTRUCTOR,
    "讲师": PersonRoleKind.INSTRUCTOR,
    "教员": PersonRoleKind.INSTRUCTOR,
    "专职教师": PersonRoleKind.INSTRUCTOR,
    "兼职教师": PersonRoleKind.INSTRUCTOR,
    "特聘教师": PersonRoleKind.INSTRUCTOR,
    "联系人": PersonRoleKind.LIAISON,
    "理事长": PersonRoleKind.COUNCIL_MEMBER,
    "副理事长": PersonRoleKind.COUNCIL_MEMBER,
    "常务理事": PersonRoleKind.COUNCIL_MEMBER,
}


class WrongCell(ValueError):
    """`reason` says what is wrong, `mend` what to do about it."""

    def __init__(self, reason: str, mend: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.mend = mend


def clean_name(value: Any) -> str:
    """A name without the spaces that line it up; "" for an empty cell.

    A space between Latin letters stays, once; every middle dot becomes ·.
    Raises WrongCell for what cannot be a name.
    """
    text, before = _text(value), None
    while text != before:  # an accent left alone joins its letter once what stood between is gone
        text, before = _without_gaps(unicodedata.normalize("NFKC", text)), text
    if not text:
        return ""
    odd = next((c for c in text if not _fits_name(c)), "")
    if odd:
        raise WrongCell(f"姓名里有“{odd}”", "请只填姓名，不加备注")
    if len(text) == 1:
        raise WrongCell("姓名只有一个字", "请填写全名")
    if len(text) > MOST_NAME:
        raise WrongCell(f"姓名超过 {MOST_NAME} 个字", "请一行只填一个人")
    return text


def _without_gaps(text: str) -> str:
    text = _DOTS.sub("·", _LATIN_GAP.sub("\0", text))
    return _SPACES.sub("", text).replace("\0", " ").strip()


def clean_roles(value: Any) -> list[PersonRoleKind]:
    """The roles named in a cell, in their order; none for an empty cell. Raises WrongCell."""
    roles: list[PersonRoleKind] = []
    for word in _ROLE_BREAK.split(_text(value)):
        if not word:
            continue
        kind = ROLE_SYNONYMS.get(word)
        if kind is None:
            known = "、".join(ROLE_WORDS.values())
            raise WrongCell(f"不认识身份“{word}”", f"可填：{known}，多个用顿号分开")
        if kind not in roles:
            roles.append(kind)
    return roles


def clean_position(value: Any) -> str:
    """The position with single spaces. Raises WrongCell when it is too long."""
    text = _SPACES.sub(" ", _text(value)).strip()
    if len(text) > MOST_POSITION:
        raise WrongCell(f"职务超过 {MOST_POSITION} 个字", "请缩短后再导入")
    return text


def role_in(words: str) -> PersonRoleKind | None:
    """The one role that a sheet's name or title speaks of; None for none or several."""
    found = {kind for word, kind in ROLE_SYNONYMS.items() if word in _text(words) and word != "成员"}
    return found.pop() if len(found) == 1 else None


def is_footnote(value: Any) -> bool:
    """合计, 备注 and the like below a list: no row of a person."""
    return _FOOTNOTE.match(_SPACES.sub("", _text(value))) is not None


def bare(value: Any) -> str:
    """Text to compare units by: half-width, without any space."""
    return _SPACES.sub("", _text(value))


def _fits_name(character: str) -> bool:
    return character.isalpha() or character in "·. '-" or unicodedata.category(character).startswith("M")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", str(value))).strip()
