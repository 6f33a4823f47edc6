"""Check-in of activities; sign-ins, kept replies and reminders of the mini program."""

from peewee import *


def up(migrator, db):
    class Activity(Model):
        class Meta:
            database = db
            table_name = "activity"

    class Person(Model):
        class Meta:
            database = db
            table_name = "person"

    class Follower(Model):
        class Meta:
            database = db
            table_name = "follower"

    class CheckInOpening(Model):
        created_at = DateTimeField()
        activity = ForeignKeyField(Activity, unique=True, on_delete="CASCADE")
        nonce = CharField(max_length=32)
        opened_at = DateTimeField()
        closed_at = DateTimeField(null=True)
        takes_walk_ins = BooleanField(default=False)
        latitude = FloatField(null=True)
        longitude = FloatField(null=True)
        radius_m = IntegerField(null=True)

        class Meta:
            database = db
            table_name = "check_in_opening"

    db.create_tables([CheckInOpening])

    class CheckIn(Model):
        created_at = DateTimeField()
        activity = ForeignKeyField(Activity, on_delete="CASCADE")
        person = ForeignKeyField(Person, on_delete="CASCADE")
        status = CharField(max_length=12, default="present")
        way = CharField(max_length=12)
        at = DateTimeField()
        moved_at = DateTimeField()
        is_walk_in = BooleanField(default=False)
        is_inside = BooleanField(null=True)
        marked_by_person = ForeignKeyField(Person, null=True, backref="marked", on_delete="SET NULL")
        marked_by_account_id = IntegerField(null=True)

        class Meta:
            database = db
            table_name = "check_in"
            indexes = ((("activity", "person"), True), (("activity", "status", "at"), False))

    db.create_tables([CheckIn])

    class CheckInTries(Model):
        created_at = DateTimeField()
        person = ForeignKeyField(Person, unique=True, on_delete="CASCADE")
        wrong = IntegerField(default=0)
        since = DateTimeField()
        locked_until = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "check_in_tries"

    db.create_tables([CheckInTries])

    class MiniSession(Model):
        created_at = DateTimeField()
        follower = ForeignKeyField(Follower, on_delete="CASCADE")
        token_hash = CharField(max_length=64, unique=True)
        device = CharField(max_length=60, default="")
        last_seen_at = DateTimeField()
        expires_at = DateTimeField()
        ended_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "mini_session"
            indexes = ((("follower", "ended_at"), False),)

    db.create_tables([MiniSession])

    class ApiReply(Model):
        created_at = DateTimeField()
        follower = ForeignKeyField(Follower, on_delete="CASCADE")
        key = CharField(max_length=64)
        request_hash = CharField(max_length=64)
        status = IntegerField(null=True)
        body = BlobField(null=True)

        class Meta:
            database = db
            table_name = "api_reply"
            indexes = ((("follower", "key"), True), (("created_at",), False))

    db.create_tables([ApiReply])

    class MiniReminder(Model):
        created_at = DateTimeField()
        follower = ForeignKeyField(Follower, on_delete="CASCADE")
        activity = ForeignKeyField(Activity, on_delete="CASCADE")
        template_id = CharField(max_length=64)
        granted_at = DateTimeField()
        status = CharField(max_length=12, default="planned")
        due_at = DateTimeField()
        claimed_until = DateTimeField(null=True)
        settled_at = DateTimeField(null=True)
        msgid = CharField(max_length=32, null=True, index=True)
        errcode = IntegerField(null=True)
        reason = CharField(max_length=120, default="")

        class Meta:
            database = db
            table_name = "mini_reminder"
            indexes = ((("follower", "activity"), True), (("status", "due_at"), False))

    db.create_tables([MiniReminder])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("mini_reminder"))
    migrator.migrate(migrator.drop_table("api_reply"))
    migrator.migrate(migrator.drop_table("mini_session"))
    migrator.migrate(migrator.drop_table("check_in_tries"))
    migrator.migrate(migrator.drop_table("check_in"))
    migrator.migrate(migrator.drop_table("check_in_opening"))
