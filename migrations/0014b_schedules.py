"""Recurring pushes, their firings, and pushes whose time follows an activity."""

from peewee import *


def up(migrator, db):
    class Campaign(Model):
        class Meta:
            database = db
            table_name = "campaign"

    class Activity(Model):
        class Meta:
            database = db
            table_name = "activity"

    class ActivitySeries(Model):
        class Meta:
            database = db
            table_name = "activity_series"

    class EJournal(Model):
        class Meta:
            database = db
            table_name = "e_journal"

    class CampaignSeries(Model):
        created_at = DateTimeField()
        campaign = ForeignKeyField(Campaign, unique=True, on_delete="CASCADE")
        rule = CharField(max_length=120)
        time_of_day = CharField(max_length=5)
        starts_on = DateField()
        on_rest_day = CharField(max_length=10, default="next")
        ends_on = DateField(null=True)
        times = IntegerField(null=True)
        source = CharField(max_length=16, default="fixed")
        e_journal = ForeignKeyField(EJournal, null=True, on_delete="RESTRICT")
        activity_series = ForeignKeyField(ActivitySeries, null=True, on_delete="RESTRICT")
        status = CharField(max_length=10, default="active")
        status_reason = CharField(max_length=200, default="")
        fired_until = DateTimeField()
        version = IntegerField(default=1)

        class Meta:
            database = db
            table_name = "campaign_series"
            legacy_table_names = False

    class SeriesFiring(Model):
        created_at = DateTimeField()
        series = ForeignKeyField(CampaignSeries, on_delete="CASCADE")
        fire_at = DateTimeField()
        status = CharField(max_length=10)
        reason = CharField(max_length=200, default="")
        campaign = ForeignKeyField(Campaign, null=True, unique=True, on_delete="SET NULL")

        class Meta:
            database = db
            table_name = "series_firing"
            legacy_table_names = False
            indexes = ((("series", "fire_at"), True),)

    class RelativeTime(Model):
        created_at = DateTimeField()
        campaign = ForeignKeyField(Campaign, unique=True, on_delete="CASCADE")
        activity = ForeignKeyField(Activity, on_delete="CASCADE")
        anchor = CharField(max_length=6)
        minutes = IntegerField()
        time_of_day = CharField(max_length=5, default="")

        class Meta:
            database = db
            table_name = "relative_time"
            legacy_table_names = False

    db.create_tables([CampaignSeries, SeriesFiring, RelativeTime])


def down(migrator, db):
    migrator.migrate(
        migrator.drop_table("relative_time"),
        migrator.drop_table("series_firing"),
        migrator.drop_table("campaign_series"),
    )
