"""Why a campaign was paused by itself, the pace of each interface, the platform's own count of calls."""

from peewee import *


def up(migrator, db):
    class Campaign(Model):
        class Meta:
            database = db
            table_name = "campaign"

    class SendingPause(Model):
        created_at = DateTimeField()
        campaign = ForeignKeyField(Campaign, on_delete="CASCADE")
        kind = CharField(max_length=12)
        reason = CharField(max_length=200)
        advice = CharField(max_length=200, default="")
        told = CharField(max_length=200, default="")
        errcode = IntegerField(null=True)
        resume_at = DateTimeField(null=True)
        ended_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "sending_pause"
            legacy_table_names = False

    class SendPace(Model):
        created_at = DateTimeField()
        interface = CharField(max_length=60)
        worker = CharField(max_length=60)
        connections = IntegerField()
        ceiling = IntegerField()
        per_second = FloatField()
        latency_ms = IntegerField()
        why = CharField(max_length=60, default="")
        slowed_at = DateTimeField(null=True)
        seen_at = DateTimeField()

        class Meta:
            database = db
            table_name = "send_pace"
            legacy_table_names = False
            indexes = ((("interface", "worker"), True),)

    class PlatformQuota(Model):
        created_at = DateTimeField()
        interface = CharField(max_length=60)
        day = DateField()
        daily_limit = IntegerField(default=0)
        used = IntegerField(default=0)
        remain = IntegerField(default=0)
        refusal = CharField(max_length=120, default="")
        asked_at = DateTimeField()

        class Meta:
            database = db
            table_name = "platform_quota"
            legacy_table_names = False
            indexes = ((("interface", "day"), True),)

    db.create_tables([SendingPause, SendPace, PlatformQuota])


def down(migrator, db):
    migrator.migrate(
        migrator.drop_table("platform_quota"),
        migrator.drop_table("send_pace"),
        migrator.drop_table("sending_pause"),
    )
