"""Two people edit one row: what the other one changed, mine beside theirs, field by field.

    except StaleState as stale:
        form.fail(stale)
        conflicts.tell(form, activity, forms.of(fresh, *FIELDS, "version"), LABELS)
        return _form(form, activity), 409

`form_message(form)` shows who changed what and when, and offers for each field that differs
"用我填的" or "用现在的" (static console.js puts the choice into the field). A field that I left as it
was when I opened the form has the other's value already: saving mine takes nothing of theirs back.
The template names the row's version, and what the form was opened with, by `{{ version(form) }}`.
A text of the editor (`RICH`) is compared as it would be stored and told by its words.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from peewee import Model

from models.audit import AuditEntry
from server.console import audit_words, words
from server.console.forms import Form
from server.console.guard import me
from server.console.row_history import entries_of, name_actors
from services.html import as_typed, clean, plain_text

MOST_TOLD = 5
SHOWN_LENGTH = 300
# Acts that only read a row, or concern it without changing what its form shows.
ONLY_READ = {
    "person.unmasked",
    "person.exported",
    "activity.sign_ups_exported",
    "campaign.exported",
    "list.exported",
    "list.exported_full",
}
EMPTY = "（空）"
RICH = {"body"}
PICTURE_CHANGED = "（文字相同，格式或图片不同）"

Choices = Mapping[str, Sequence[tuple[str, str]]]


@dataclass(frozen=True)
class Change:
    by: str
    at: str
    what: str


@dataclass(frozen=True)
class Difference:
    name: str
    label: str
    mine: str
    theirs: str
    mine_value: str
    theirs_value: str


@dataclass(frozen=True)
class Clash:
    changes: list[Change]
    differences: list[Difference]
    taken_over: list[str]  # labels of fields that I had not touched


def tell(
    form: Form,
    row: Model,
    fresh: Form,
    labels: Mapping[str, str],
    *,
    choices: Choices | None = None,
    acts: Collection[str] = (),
) -> None:
    """Put into `form` what differs from the row as it is now, and make it the form of that version.

    `fresh` is the form of the row read anew; `choices` give the words of fields that are chosen.
    `acts` names the acts that change it, where the audit trail of `row` holds those of others too.
    """
    opened = form.was
    differences, taken_over = [], []
    for name, label in labels.items():
        if name not in fresh.values and name not in form.values:
            continue
        mine, theirs = (_stored(name, each.values.getlist(name)) for each in (form, fresh))
        if Form.digest(mine) == Form.digest(theirs):
            continue
        if name in opened and opened[name] == Form.digest(mine):
            form.values.setlist(name, theirs)
            taken_over.append(label)
            continue
        words_of = dict((choices or {}).get(name, ()))
        differences.append(_difference(name, label, mine, theirs, words_of))
    missed = int(fresh.shown("version") or 0) - (form.integer("version") or 0)
    form.clash = Clash(_changes(row, missed, acts), differences, taken_over)
    form.values["version"] = fresh.shown("version")
    form.values["was"] = fresh.was_text
    form.errors.pop("version", None)


def _changes(row: Model, missed: int, acts: Collection[str]) -> list[Change]:
    """The acts since, newest first: each raised the version by one."""
    found = entries_of(type(row), row.get_id())
    if acts:
        found = found.where(AuditEntry.action.in_(list(acts)))
    entries = found.order_by(AuditEntry.id.desc()).limit(MOST_TOLD + len(ONLY_READ))
    rows = [entry for entry in entries if entry.action not in ONLY_READ][: min(max(missed, 1), MOST_TOLD)]
    name_actors(rows)
    return [
        Change(
            "您自己（在另一个窗口）" if entry.account_id == me().id else entry.by,
            words.local_time(entry.at),
            "，".join(filter(None, (audit_words.action(entry.action), audit_words.details(entry.details)))),
        )
        for entry in rows
    ]


def _stored(name: str, values: list[str]) -> list[str]:
    """A text of the editor as it would come back from the row; other values as they are."""
    return [as_typed(clean(value)) for value in values] if name in RICH else values


def _difference(
    name: str, label: str, mine: list[str], theirs: list[str], named: Mapping[str, str]
) -> Difference:
    own, other = _shown(mine, named), _shown(theirs, named)
    if name in RICH:
        own, other = (_shown([plain_text(clean("".join(each)))], {}) for each in (mine, theirs))
        own = PICTURE_CHANGED if own == other else own
    return Difference(name, label, own, other, "\n".join(mine), "\n".join(theirs))


def _shown(values: list[str], named: Mapping[str, str]) -> str:
    text = "、".join(named.get(value, value) for value in values if value)
    if _is_moment(values):
        text = text.replace("T", " ")
    return f"{text[:SHOWN_LENGTH]}……" if len(text) > SHOWN_LENGTH else text or EMPTY


def _is_moment(values: list[str]) -> bool:
    return len(values) == 1 and len(values[0]) == 16 and values[0][10:11] == "T"
