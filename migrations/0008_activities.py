"""Automatic notices; waiting lists, units' places, moves, materials and feedback of activities."""

from peewee import *

# By hand: Peewee would rebuild the table to add a column that is not null, and a rebuilt table
# takes the rows that refer to it along (SQLite, ON DELETE CASCADE).
COLUMNS = (
    ("activity", "unit_seats", "INTEGER"),
    ("activity", "offer_hours", "INTEGER NOT NULL DEFAULT 12"),
    ("activity", "auto_fill_hours", "INTEGER"),
    ("activity", "reminders", "VARCHAR(40) NOT NULL DEFAULT '1440,60'"),
    ("sign_up", "queue_no", "INTEGER"),
    ("sign_up", "offered_until", "{time}"),
    ("sign_up", "kept_at", "{time}"),
    ("sign_up", "invitation_id", "INTEGER REFERENCES unit_invitation (id) ON DELETE SET NULL"),
)


def up(migrator, db):
    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Account(Base):
        pass

    class Activity(Base):
        pass

    class Campaign(Base):
        pass

    class Person(Base):
        pass

    _create_notices(db, Base, Account, Activity, Campaign, Person)
    _create_for_activities(db, Base, Activity, Person)
    time = "DATETIME" if isinstance(db, SqliteDatabase) else "TIMESTAMP"
    for table, column, kind in COLUMNS:
        db.execute_sql(f"ALTER TABLE {table} ADD COLUMN {column} {kind.format(time=time)}")
    db.execute_sql("CREATE INDEX sign_up_invitation_id ON sign_up (invitation_id)")


def _create_notices(db, Base, Account, Activity, Campaign, Person):
    class NoticeWording(Base):
        created_at = DateTimeField()
        kind = CharField(max_length=20)
        version = IntegerField()
        headline = CharField(max_length=60)
        text = TextField()
        author = ForeignKeyField(Account, null=True, on_delete="RESTRICT")
        status = CharField(max_length=12, default="in_review")
        moved_at = DateTimeField()

        class Meta:
            indexes = ((("kind", "version"), True),)

    class NoticeWordingReview(Base):
        created_at = DateTimeField()
        wording = ForeignKeyField(NoticeWording, on_delete="CASCADE")
        stage = CharField(max_length=12)
        reviewer = ForeignKeyField(Account, on_delete="RESTRICT")
        decision = CharField(max_length=12)
        opinion = TextField(default="")

        class Meta:
            indexes = ((("wording", "stage"), True), (("wording", "reviewer"), True))

    class AutomaticNotice(Base):
        created_at = DateTimeField()
        campaign = ForeignKeyField(Campaign, unique=True, on_delete="CASCADE")
        kind = CharField(max_length=20)
        activity = ForeignKeyField(Activity, null=True, on_delete="CASCADE")
        occasion = CharField(max_length=80)
        wording = ForeignKeyField(NoticeWording, on_delete="RESTRICT")
        headline = CharField(max_length=120)
        text = TextField()
        fields = JSONField(default=dict)
        url = CharField(max_length=200)

    class AutomaticNoticePerson(Base):
        created_at = DateTimeField()
        notice = ForeignKeyField(AutomaticNotice, on_delete="CASCADE")
        person = ForeignKeyField(Person, on_delete="CASCADE")
        told_key = CharField(max_length=64)

        class Meta:
            indexes = ((("told_key", "person"), True),)

    db.create_tables([NoticeWording, NoticeWordingReview, AutomaticNotice, AutomaticNoticePerson])


def _create_for_activities(db, Base, Activity, Person):
    class MemberUnit(Base):
        pass

    class UnitInvitation(Base):
        created_at = DateTimeField()
        activity = ForeignKeyField(Activity, on_delete="CASCADE")
        member_unit = ForeignKeyField(MemberUnit, on_delete="RESTRICT")
        places = IntegerField()
        answer_by = DateTimeField()
        status = CharField(max_length=12, default="invited")
        reason = CharField(max_length=200, default="")
        invited_at = DateTimeField()
        moved_at = DateTimeField()

        class Meta:
            indexes = ((("activity", "member_unit"), True), (("status", "answer_by"), False))

    class UnitLimit(Base):
        created_at = DateTimeField()
        activity = ForeignKeyField(Activity, on_delete="CASCADE")
        member_unit = ForeignKeyField(MemberUnit, on_delete="RESTRICT")
        seats = IntegerField()

        class Meta:
            indexes = ((("activity", "member_unit"), True),)

    class ActivityMove(Base):
        created_at = DateTimeField()
        activity = ForeignKeyField(Activity, on_delete="CASCADE")
        moved_at = DateTimeField()
        place_was = CharField(max_length=80)
        starts_at_was = DateTimeField()
        ends_at_was = DateTimeField()
        place = CharField(max_length=80)
        starts_at = DateTimeField()
        ends_at = DateTimeField()
        reason = CharField(max_length=200, default="")

    class ActivityMaterial(Base):
        created_at = DateTimeField()
        activity = ForeignKeyField(Activity, on_delete="CASCADE")
        title = CharField(max_length=80)
        file_name = CharField(max_length=120)
        media_type = CharField(max_length=100)
        size = IntegerField()
        storage_key = CharField(max_length=120)
        opens_to_all = BooleanField(default=False)
        version = IntegerField(default=1)

    class FeedbackVote(Base):
        id = BigIntegerField(primary_key=True)
        activity = ForeignKeyField(Activity, on_delete="CASCADE")
        person = ForeignKeyField(Person, on_delete="CASCADE")

        class Meta:
            indexes = ((("activity", "person"), True),)

    class Feedback(Base):
        id = BigIntegerField(primary_key=True)
        activity = ForeignKeyField(Activity, on_delete="CASCADE")
        content = IntegerField()
        speaker = IntegerField()
        usefulness = IntegerField()
        place = IntegerField()
        organisation = IntegerField()
        text = TextField(default="")

    db.create_tables([UnitInvitation, UnitLimit, ActivityMove, ActivityMaterial, FeedbackVote, Feedback])


def down(migrator, db):
    # a notice's campaign has no words left without it
    db.execute_sql("DELETE FROM campaign WHERE content_kind = 'automatic_notice'")
    db.execute_sql("DELETE FROM sign_up WHERE status IN ('waiting', 'offered', 'lapsed')")
    db.execute_sql("DROP INDEX IF EXISTS sign_up_invitation_id")
    for table, column, _ in reversed(COLUMNS):
        db.execute_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
    for table in (
        "feedback",
        "feedback_vote",
        "activity_material",
        "activity_move",
        "unit_limit",
        "unit_invitation",
        "automatic_notice_person",
        "automatic_notice",
        "notice_wording_review",
        "notice_wording",
    ):
        migrator.migrate(migrator.drop_table(table))
