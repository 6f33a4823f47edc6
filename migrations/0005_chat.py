"""Numbered lists, the inbox's answers, complaints with a clock, follower tags.

What stood in the inbox as feedback becomes a complaint of its own.
"""

# ruff: noqa: S608

from peewee import *

COLUMNS = (
    ("inbound_message", "listed", "{blob}"),
    ("inbox_item", "member_unit_id", "INTEGER REFERENCES member_unit (id) ON DELETE SET NULL"),
    ("inbox_item", "assigned_to_id", "INTEGER REFERENCES account (id) ON DELETE SET NULL"),
    ("inbox_item", "replied_at", "{time}"),
    ("inbox_item", "version", "INTEGER NOT NULL DEFAULT 1"),
)
INDEXED = ("member_unit_id", "assigned_to_id")


def up(migrator, db):
    is_sqlite = isinstance(db, SqliteDatabase)
    types = {"blob": "BLOB" if is_sqlite else "BYTEA", "time": "DATETIME" if is_sqlite else "TIMESTAMP"}
    for table, column, kind in COLUMNS:
        db.execute_sql(f"ALTER TABLE {table} ADD COLUMN {column} {kind.format(**types)}")
    for column in INDEXED:
        db.execute_sql(f"CREATE INDEX inbox_item_{column} ON inbox_item ({column})")
    db.execute_sql(
        "UPDATE inbox_item SET member_unit_id = (SELECT person.member_unit_id FROM follower"
        " JOIN person ON person.id = follower.person_id WHERE follower.id = inbox_item.follower_id)"
    )
    _create(db)
    _move_feedback(db, is_sqlite)


def _create(db):
    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class MemberUnit(Base):
        pass

    class Account(Base):
        pass

    class Person(Base):
        pass

    class Follower(Base):
        pass

    class InboxItem(Base):
        pass

    class StaffReply(Base):
        created_at = DateTimeField()
        follower = ForeignKeyField(Follower, on_delete="CASCADE")
        inbox_item = ForeignKeyField(InboxItem, null=True, on_delete="SET NULL")
        account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
        text = BlobField()
        once = CharField(unique=True, max_length=40)
        status = CharField(max_length=12)
        reason = CharField(max_length=40, default="")
        lease_until = DateTimeField(null=True)
        settled_at = DateTimeField(null=True)

    waits = SQL("status = 'waiting'")
    StaffReply.add_index(StaffReply.index(StaffReply.follower, name="staff_reply_waiting", where=waits))

    class SavedReply(Base):
        created_at = DateTimeField()
        title = CharField(max_length=40)
        text = TextField()
        member_unit = ForeignKeyField(MemberUnit, null=True, on_delete="CASCADE")
        version = IntegerField(default=1)

    class Complaint(Base):
        created_at = DateTimeField()
        kind = CharField(max_length=12)
        text = BlobField()
        contact = BlobField(null=True)
        hides_name = BooleanField(default=False)
        source = CharField(max_length=20)
        follower = ForeignKeyField(Follower, null=True, on_delete="SET NULL")
        person = ForeignKeyField(Person, null=True, on_delete="SET NULL")
        member_unit = ForeignKeyField(MemberUnit, null=True, on_delete="SET NULL")
        assigned_to = ForeignKeyField(Account, null=True, on_delete="SET NULL")
        status = CharField(max_length=12, default="received")
        due_on = DateField()
        answer = BlobField(null=True)
        answered_at = DateTimeField(null=True)
        is_satisfied = BooleanField(null=True)
        rated_at = DateTimeField(null=True)
        closed_at = DateTimeField(null=True)
        version = IntegerField(default=1)

        class Meta:
            indexes = ((("status", "due_on"), False),)

    class ComplaintStep(Base):
        created_at = DateTimeField()
        complaint = ForeignKeyField(Complaint, on_delete="CASCADE")
        act = CharField(max_length=12)
        account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
        note = BlobField(null=True)
        reply = ForeignKeyField(StaffReply, null=True, on_delete="SET NULL")

    class FollowerTag(Base):
        created_at = DateTimeField()
        app_id = CharField(max_length=32)
        key = CharField(max_length=40)
        name = CharField(max_length=30)
        tag_id = IntegerField()

        class Meta:
            indexes = ((("app_id", "key"), True),)

    class Tagging(Base):
        created_at = DateTimeField()
        follower = ForeignKeyField(Follower, on_delete="CASCADE")
        tag = ForeignKeyField(FollowerTag, on_delete="CASCADE")

        class Meta:
            indexes = ((("follower", "tag"), True),)

    db.create_tables([StaffReply, SavedReply, Complaint, ComplaintStep, FollowerTag, Tagging])


def _move_feedback(db, is_sqlite):
    """Ten days from the day it came, as was promised; what was dealt with stays so."""
    due = (
        "date(inbox_item.created_at, '+8 hours', '+10 days')"
        if is_sqlite
        else "CAST(inbox_item.created_at + INTERVAL '8 hours' + INTERVAL '10 days' AS DATE)"
    )
    no = "0" if is_sqlite else "FALSE"
    db.execute_sql(
        "INSERT INTO complaint (created_at, kind, text, hides_name, source, follower_id, person_id,"
        " member_unit_id, status, due_on, closed_at, version)"
        f" SELECT inbox_item.created_at, 'opinion', inbox_item.text, {no}, 'chat', inbox_item.follower_id,"
        " follower.person_id, inbox_item.member_unit_id,"
        f" CASE WHEN inbox_item.status = 'done' THEN 'closed' ELSE 'received' END, {due},"
        " inbox_item.done_at, 1"
        " FROM inbox_item JOIN follower ON follower.id = inbox_item.follower_id"
        " WHERE inbox_item.kind = 'feedback' ORDER BY inbox_item.id"
    )
    db.execute_sql(
        "INSERT INTO complaint_step (created_at, complaint_id, act)"
        " SELECT created_at, id, 'received' FROM complaint"
    )
    db.execute_sql("DELETE FROM inbox_item WHERE kind = 'feedback'")


def down(migrator, db):
    db.execute_sql(
        "INSERT INTO inbox_item (created_at, follower_id, text, kind, status, done_at)"
        " SELECT created_at, follower_id, text, 'feedback',"
        " CASE WHEN status IN ('closed', 'answered') THEN 'done' ELSE 'open' END,"
        " COALESCE(closed_at, answered_at) FROM complaint WHERE follower_id IS NOT NULL ORDER BY id"
    )
    for table in ("tagging", "follower_tag", "complaint_step", "complaint", "saved_reply", "staff_reply"):
        migrator.migrate(migrator.drop_table(table))
    for column in INDEXED:
        db.execute_sql(f"DROP INDEX inbox_item_{column}")
    for table, column, _ in reversed(COLUMNS):
        db.execute_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
