"""Letters and complaints of sample people are samples, as their other rows are."""

from peewee import *

TABLES = ("complaint", "inbox_item")


def up(migrator, db):
    flag = (
        "INTEGER NOT NULL DEFAULT 0" if isinstance(db, SqliteDatabase) else "BOOLEAN NOT NULL DEFAULT FALSE"
    )
    for table in TABLES:
        db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN "is_sample" {flag}')


def down(migrator, db):
    for table in TABLES:
        db.execute_sql(f'ALTER TABLE "{table}" DROP COLUMN "is_sample"')
