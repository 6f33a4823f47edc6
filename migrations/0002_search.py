"""The search index. An upgraded database is filled by `flask db upgrade`, or by `flask search rebuild`."""

from peewee import *


def up(migrator, db):
    is_sqlite = isinstance(db, SqliteDatabase)

    class Grams(TextField):
        def ddl_datatype(self, ctx):
            return SQL("TEXT" if is_sqlite else "TSVECTOR")

    class SearchEntry(Model):
        kind = CharField(max_length=12)
        item_id = IntegerField()
        under_id = IntegerField()
        is_title = BooleanField()
        grams = Grams()

        class Meta:
            database = db
            table_name = "search_entry"
            legacy_table_names = False
            indexes = ((("kind", "under_id"), False),)

    db.create_tables([SearchEntry])
    if not is_sqlite:
        db.execute_sql("CREATE INDEX IF NOT EXISTS search_entry_grams ON search_entry USING gin (grams)")
        return
    db.execute_sql(
        "CREATE VIRTUAL TABLE IF NOT EXISTS search_index USING fts5("
        "grams, content='search_entry', content_rowid='id', tokenize='unicode61')"
    )
    db.execute_sql(
        "CREATE TRIGGER IF NOT EXISTS search_entry_in AFTER INSERT ON search_entry BEGIN "
        "INSERT INTO search_index(rowid, grams) VALUES (new.id, new.grams); END"
    )
    db.execute_sql(
        "CREATE TRIGGER IF NOT EXISTS search_entry_out AFTER DELETE ON search_entry BEGIN "
        "INSERT INTO search_index(search_index, rowid, grams) VALUES ('delete', old.id, old.grams); END"
    )


def down(migrator, db):
    migrator.migrate(migrator.drop_table("search_entry"))
    if isinstance(db, SqliteDatabase):
        db.execute_sql("DROP TABLE IF EXISTS search_index")
