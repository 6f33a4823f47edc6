"""The search index: passages of content as grams, looked up by phrase.

One table on both engines. SQLite finds its rows by an FTS5 index over it, kept by triggers;
PostgreSQL by a GIN index on the vector itself. `create_table` makes them along with the table,
migrations/0002_search.py with the schema; tests/services/search compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from peewee import SQL, AutoField, BooleanField, CharField, Expression, IntegerField, NodeList, TextField

from models.base import BoundModel, db, is_sqlite

SQLITE_INDEX = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS search_index USING fts5("
    "grams, content='search_entry', content_rowid='id', tokenize='unicode61')",
    "CREATE TRIGGER IF NOT EXISTS search_entry_in AFTER INSERT ON search_entry BEGIN "
    "INSERT INTO search_index(rowid, grams) VALUES (new.id, new.grams); END",
    "CREATE TRIGGER IF NOT EXISTS search_entry_out AFTER DELETE ON search_entry BEGIN "
    "INSERT INTO search_index(search_index, rowid, grams) VALUES ('delete', old.id, old.grams); END",
)
POSTGRESQL_INDEX = ("CREATE INDEX IF NOT EXISTS search_entry_grams ON search_entry USING gin (grams)",)


class GramsField(TextField):
    """Grams in order: words with spaces between on SQLite, a `tsvector` on PostgreSQL.

    The vector is written out, not parsed by PostgreSQL, whose parser depends on the locale.
    """

    def ddl_datatype(self, ctx: Any) -> SQL:
        return SQL("TEXT" if is_sqlite() else "TSVECTOR")

    def db_value(self, value: Sequence[str] | None) -> str | None:
        if value is None:
            return None
        if is_sqlite():
            return " ".join(value)
        return " ".join(f"'{gram}':{place}" for place, gram in enumerate(value, 1))


class SearchEntry(BoundModel):
    """A passage of an item. Rows are put in and taken out, never changed.

    `under_id` is the item whose edit replaces the row: an article's issue, else the item itself.
    """

    id = AutoField()
    kind = CharField(max_length=12)
    item_id = IntegerField()
    under_id = IntegerField()
    is_title = BooleanField()
    grams = GramsField()

    class Meta:
        indexes = ((("kind", "under_id"), False),)

    @classmethod
    def create_table(cls, safe: bool = True, **options: Any) -> None:
        super().create_table(safe, **options)
        for statement in SQLITE_INDEX if is_sqlite() else POSTGRESQL_INDEX:
            db.execute_sql(statement)

    @classmethod
    def drop_table(cls, safe: bool = True, drop_sequences: bool = True, **options: Any) -> None:
        super().drop_table(safe, drop_sequences, **options)
        if is_sqlite():
            db.execute_sql("DROP TABLE IF EXISTS search_index")


def holds_phrase(grams: Sequence[str], *, is_open: bool) -> Expression:
    """The condition on SearchEntry that its grams hold these in a row; `is_open`: the last one may go on."""
    if is_sqlite():
        phrase = '"' + " ".join(grams) + '"' + ("*" if is_open else "")
        rows = SQL("(SELECT rowid FROM search_index WHERE search_index MATCH ?)", (phrase,))
        return SearchEntry.id.in_(rows)
    phrase = " <-> ".join(f"'{gram}'" for gram in grams) + (":*" if is_open else "")
    found: Any = NodeList((SearchEntry.grams, SQL("@@ CAST(%s AS tsquery)", (phrase,))))
    return found


def mend() -> None:
    """Make SQLite's index anew from the table; PostgreSQL keeps its own whole."""
    if is_sqlite():
        db.execute_sql("INSERT INTO search_index(search_index) VALUES ('rebuild')")
