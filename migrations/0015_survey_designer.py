"""Kinds, conditions, tables, quotas and corrections of questionnaires; pictures as answers.

Columns are added by the statement itself, as in 0006.
"""

from peewee import *

COLUMNS = (
    ("questionnaire", "is_shared", "BOOLEAN NOT NULL DEFAULT FALSE"),
    ("question", "help_text", "VARCHAR(100) NOT NULL DEFAULT ''"),
    ("question", "section", "VARCHAR(30) NOT NULL DEFAULT ''"),
    ("question", "matrix", "INTEGER"),
    ("question", "matrix_text", "VARCHAR(60) NOT NULL DEFAULT ''"),
    ("question", "condition", "JSON"),
    ("option", "is_other", "BOOLEAN NOT NULL DEFAULT FALSE"),
    ("option", "quota", "INTEGER"),
    ("answer", "file", "VARCHAR(80)"),
    ("conversation", "page", "INTEGER NOT NULL DEFAULT 0"),
)


def up(migrator, db):
    for table, column, kind in COLUMNS:
        if kind == "JSON" and not isinstance(db, SqliteDatabase):
            kind = "JSONB"
        db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN "{column}" {kind}')

    def known(name):
        meta = type("Meta", (), {"database": db, "table_name": name})
        return type(name, (Model,), {"Meta": meta})

    class Correction(Model):
        created_at = DateTimeField()
        questionnaire = ForeignKeyField(known("questionnaire"), on_delete="CASCADE")
        question = ForeignKeyField(known("question"), on_delete="CASCADE")
        option = ForeignKeyField(known("option"), null=True, on_delete="CASCADE")
        was = CharField(max_length=200)
        now = CharField(max_length=200)
        note = CharField(max_length=100)
        account = ForeignKeyField(known("account"), null=True, on_delete="SET NULL")

        class Meta:
            database = db
            table_name = "correction"
            legacy_table_names = False

    class Answer(Model):
        id = BigIntegerField(primary_key=True)

        class Meta:
            database = db
            table_name = "answer"

    class AwaitedPicture(Model):
        created_at = DateTimeField()
        answer = ForeignKeyField(Answer, unique=True, on_delete="CASCADE")
        address = CharField(max_length=500)
        tries = IntegerField(default=0)
        due_at = DateTimeField(index=True)

        class Meta:
            database = db
            table_name = "awaited_picture"
            legacy_table_names = False

    db.create_tables([Correction, AwaitedPicture])


def down(migrator, db):
    for table in ("awaited_picture", "correction"):
        migrator.migrate(migrator.drop_table(table))
    # To a version that knows neither: a ranking is several choices, a date a number, a picture words.
    db.execute_sql("UPDATE question SET kind = 'multiple' WHERE kind = 'ranking'")
    db.execute_sql("UPDATE question SET kind = 'number' WHERE kind = 'date'")
    db.execute_sql("UPDATE question SET kind = 'text' WHERE kind = 'picture'")
    for table, column, _ in reversed(COLUMNS):
        db.execute_sql(f'ALTER TABLE "{table}" DROP COLUMN "{column}"')
