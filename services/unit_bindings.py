"""A unit's way in (绑定入口): its word, its parametric QR code, whether its liaison must agree."""

from __future__ import annotations

import re
import secrets
import unicodedata

import clock
import config
from models.accounts import Account
from models.alliance import MemberUnit
from models.base import db
from models.bindings import UnitBinding
from services import access, audit, invite_codes, mini_account, storage, wechat_account
from services.errors import DomainError, Invalid, NotFound
from wechat.capabilities import Capability
from wechat.errors import Refused, WeChatError

SCENE = "unit_"
MINI_PAGE = "pages/bind/bind"
NO_PAGE = 41030
PNG = b"\x89PNG"
WORD_LENGTH = 6
LEAST_WORD, MOST_WORD = 2, 12
_WORD = re.compile(r"[0-9A-Z\u4e00-\u9fff]+")


class QRNotMade(DomainError):
    code, message = "qr_not_made", "微信暂时没有给出二维码，请稍后再试；绑定口令不受影响"


def of_unit(unit_id: int, *, actor: Account) -> UnitBinding:
    """The unit's way in, made with a word of its own at the first look. Raises NotAllowed, NotFound."""
    access.require(actor, "bindings.manage")
    access.require_unit(actor, unit_id)
    if MemberUnit.get_or_none(MemberUnit.id == unit_id) is None:
        raise NotFound()
    return ensure(unit_id)


def all_of(actor: Account) -> list[UnitBinding]:
    """The ways in that the actor may see, as far as they were looked at."""
    access.require(actor, "bindings.manage")
    scope = access.unit_scope(actor)
    rows = UnitBinding.select()
    return list(rows if scope is None else rows.where(UnitBinding.member_unit == scope))


def ensure(unit_id: int) -> UnitBinding:
    """The unit's row; of two that make it at once one does."""
    found = UnitBinding.get_or_none(UnitBinding.member_unit == unit_id)
    if found is None:
        word = "".join(secrets.choice(invite_codes.ALPHABET) for _ in range(WORD_LENGTH))
        new = {"member_unit": unit_id, "word": word, "created_at": clock.utc_now()}
        UnitBinding.insert(**new).on_conflict_ignore().execute()
        found = UnitBinding.get(UnitBinding.member_unit == unit_id)
    return found


def needs_approval(unit_id: int) -> bool:
    """Whether the unit's liaison must agree to each binding; no where nothing was set."""
    row = UnitBinding.get_or_none(UnitBinding.member_unit == unit_id)
    return row is not None and bool(row.needs_approval)


def normalise(typed: str) -> str:
    """A word as it is kept: half-width capitals without spaces or marks."""
    return invite_codes.normalise(unicodedata.normalize("NFKC", typed))


def by_word(typed: str) -> MemberUnit | None:
    """The unit whose word was typed, however it was typed; None for no unit's."""
    word = normalise(typed).removeprefix("绑定")
    if not word:
        return None
    row = UnitBinding.get_or_none(UnitBinding.word == word)
    return row.member_unit if row is not None else None


def by_scene(scene: str) -> MemberUnit | None:
    """The unit that a scanned code names (`unit_7`, or `qrscene_unit_7` of a follow); None for others."""
    name = scene.removeprefix("qrscene_")
    number = name.removeprefix(SCENE)
    if number == name or not (number.isascii() and number.isdecimal() and len(number) < 10):
        return None
    return MemberUnit.get_or_none(MemberUnit.id == int(number))


def scene_of(unit_id: int) -> str:
    return f"{SCENE}{unit_id}"


def change(row: UnitBinding, *, word: str, needs_approval: bool, actor: Account) -> None:
    """Set the word and whether a liaison must agree. Raises Invalid, NotAllowed, NotFound."""
    access.require(actor, "bindings.manage")
    access.require_unit(actor, row.member_unit_id)
    wanted = normalise(word)
    with db.atomic():
        problem = _why_not(wanted, row)
        if problem:
            raise Invalid(fields={"word": problem})
        changed = [
            label
            for label, was, now in (
                ("绑定口令", row.word, wanted),
                ("绑定须联络员同意", row.needs_approval, needs_approval),
            )
            if was != now
        ]
        row.word, row.needs_approval = wanted, needs_approval
        row.save(only=[UnitBinding.word, UnitBinding.needs_approval])
        if changed:
            audit.record(
                "unit_binding.changed",
                row,
                actor=actor,
                unit_id=row.member_unit_id,
                changed=changed,
                needs_approval=needs_approval,
            )


def can_make_qr() -> bool:
    """Whether our account has parametric QR codes."""
    return wechat_account.gateway().capabilities.allows(Capability.PARAMETRIC_QR)


def can_make_mini_code() -> bool:
    """Whether the mini program's code stands in: the account has no parametric QR codes."""
    return not can_make_qr() and bool(config.settings().mini_app_id)


def make_mini_code(row: UnitBinding, *, actor: Account) -> None:
    """Ask WeChat for the mini program's code that opens the unit's binding, once.

    Raises QRNotMade when WeChat refuses or does not answer, NotAllowed, NotFound.
    """
    access.require(actor, "bindings.manage")
    access.require_unit(actor, row.member_unit_id)
    if mini_code(row) is not None:
        return
    try:
        picture = mini_account.program().code_picture(scene_of(row.member_unit_id), MINI_PAGE)
    except Refused as refusal:
        why = "小程序还没有发布这个页面" if refusal.errcode == NO_PAGE else str(refusal.errcode)
        raise QRNotMade(f"微信没有给出小程序码（{why}），绑定口令不受影响") from refusal
    except WeChatError as error:
        raise QRNotMade() from error
    kind = "png" if picture.startswith(PNG) else "jpg"
    key = f"unit_codes/{row.member_unit_id}-{secrets.token_hex(8)}.{kind}"
    storage.opened().put(key, picture)
    with db.atomic():
        row.mini_code_key = key
        row.save(only=[UnitBinding.mini_code_key])
        audit.record("unit_binding.mini_code_made", row, actor=actor, unit_id=row.member_unit_id)


def mini_code(row: UnitBinding) -> bytes | None:
    """The picture that was made; None where none was, or the file is gone."""
    return storage.opened().get(row.mini_code_key) if row.mini_code_key else None


def make_qr(row: UnitBinding, *, actor: Account) -> None:
    """Ask WeChat for the unit's permanent code, once; it stays the same afterwards.

    Raises QRNotMade when WeChat refuses or does not answer, NotAllowed, NotFound.
    """
    access.require(actor, "bindings.manage")
    access.require_unit(actor, row.member_unit_id)
    if row.qr_url:
        return
    try:
        made = wechat_account.gateway().qr_codes.create_permanent(scene_of(row.member_unit_id))
    except Refused as refusal:
        raise QRNotMade(f"微信没有给出二维码（{refusal.errcode}），绑定口令不受影响") from refusal
    except WeChatError as error:
        raise QRNotMade() from error
    with db.atomic():
        row.qr_url, row.qr_made_at = made.url[:255], clock.utc_now()
        row.save(only=[UnitBinding.qr_url, UnitBinding.qr_made_at])
        audit.record("unit_binding.qr_made", row, actor=actor, unit_id=row.member_unit_id)


def _why_not(word: str, row: UnitBinding) -> str:
    if not LEAST_WORD <= len(word) <= MOST_WORD or not _WORD.fullmatch(word):
        return f"口令请用 {LEAST_WORD}–{MOST_WORD} 个汉字、字母或数字，不含空格和标点"
    if invite_codes.looks_like_code(word):
        return "这样的口令会被当成个人邀请码，请换一个（不要正好 8 位字母数字）"
    taken = UnitBinding.select().where(UnitBinding.word == word, UnitBinding.id != row.id).exists()
    return "这个口令已被别的单位使用，请换一个" if taken else ""
