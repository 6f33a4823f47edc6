"""Saved views of lists, versions of the rows that had none, and what long lists are read by."""

from peewee import *

VERSIONED = ("account", "activity_series", "member_unit", "person", "template_mapping")
# Name, table, columns: the history of a row; letters by their time; people who are not erased,
# by unit and name.
INDEXES = (
    ("auditentry_subject_kind_subject_id", "audit_entry", "subject_kind, subject_id"),
    ("inboxitem_created_at", "inbox_item", "created_at"),
    ("person_erased_at_member_unit_id_name", "person", "erased_at, member_unit_id, name"),
)


def up(migrator, db):
    no = "0" if isinstance(db, SqliteDatabase) else "FALSE"
    flag = "INTEGER" if isinstance(db, SqliteDatabase) else "BOOLEAN"
    # Plain statements: rebuilding a table that others refer to would take their rows along.
    for table in VERSIONED:
        db.execute_sql(f"ALTER TABLE {table} ADD COLUMN version INTEGER NOT NULL DEFAULT 1")
    db.execute_sql(f"ALTER TABLE account ADD COLUMN is_large_type {flag} NOT NULL DEFAULT {no}")
    for name, table, columns in INDEXES:
        db.execute_sql(f"CREATE INDEX {name} ON {table} ({columns})")
    _create(db)


def _create(db):
    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class MemberUnit(Base):
        pass

    class Account(Base):
        pass

    class SavedView(Base):
        created_at = DateTimeField()
        list_name = CharField(max_length=40)
        name = CharField(max_length=30)
        account = ForeignKeyField(Account, on_delete="CASCADE")
        member_unit = ForeignKeyField(MemberUnit, on_delete="CASCADE")
        is_shared = BooleanField(default=False)
        query = TextField(default="")

        class Meta:
            indexes = ((("account", "list_name", "name"), True), (("member_unit", "list_name"), False))

    class ListSetting(Base):
        created_at = DateTimeField()
        account = ForeignKeyField(Account, on_delete="CASCADE")
        list_name = CharField(max_length=40)
        columns = TextField(default="")
        default_view = ForeignKeyField(SavedView, null=True, on_delete="SET NULL")

        class Meta:
            indexes = ((("account", "list_name"), True),)

    db.create_tables([SavedView, ListSetting])


def down(migrator, db):
    db.execute_sql("DROP TABLE list_setting")
    db.execute_sql("DROP TABLE saved_view")
    for name, _, _ in INDEXES:
        db.execute_sql(f"DROP INDEX {name}")
    db.execute_sql("ALTER TABLE account DROP COLUMN is_large_type")
    for table in VERSIONED:
        db.execute_sql(f"ALTER TABLE {table} DROP COLUMN version")
