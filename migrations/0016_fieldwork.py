"""Reminders and targets of a survey, and surveys that open themselves each half-year."""

from peewee import *


def up(migrator, db):
    class Questionnaire(Model):
        class Meta:
            database = db
            table_name = "questionnaire"

    class Campaign(Model):
        class Meta:
            database = db
            table_name = "campaign"

    class MemberUnit(Model):
        class Meta:
            database = db
            table_name = "member_unit"

    class Account(Model):
        class Meta:
            database = db
            table_name = "account"

    class SurveyReminder(Model):
        created_at = DateTimeField()
        questionnaire = ForeignKeyField(Questionnaire, on_delete="CASCADE")
        no = IntegerField()
        remind_at = DateTimeField()
        told_at = DateTimeField(null=True)
        campaign = ForeignKeyField(Campaign, null=True, on_delete="SET NULL")

        class Meta:
            database = db
            table_name = "survey_reminder"
            indexes = ((("questionnaire", "no"), True), (("told_at", "remind_at"), False))

    class SurveyTarget(Model):
        created_at = DateTimeField()
        questionnaire = ForeignKeyField(Questionnaire, on_delete="CASCADE")
        member_unit = ForeignKeyField(MemberUnit, null=True, on_delete="CASCADE")
        role = CharField(max_length=20, null=True)
        wanted = IntegerField()

        class Meta:
            database = db
            table_name = "survey_target"

    class SurveySeries(Model):
        created_at = DateTimeField()
        name = CharField(max_length=40)
        member_unit = ForeignKeyField(MemberUnit, on_delete="RESTRICT")
        author = ForeignKeyField(Account, on_delete="RESTRICT")
        model = ForeignKeyField(Questionnaire, on_delete="RESTRICT")
        first_opens = CharField(max_length=5, default="03-01")
        second_opens = CharField(max_length=5, default="09-01")
        open_days = IntegerField(default=21)
        first_reminder_days = IntegerField(null=True, default=7)
        second_reminder_days = IntegerField(null=True, default=14)
        is_active = BooleanField(default=True)
        version = IntegerField(default=1)

        class Meta:
            database = db
            table_name = "survey_series"

    class SurveyRound(Model):
        created_at = DateTimeField()
        series = ForeignKeyField(SurveySeries, on_delete="CASCADE")
        half_year = CharField(max_length=6)
        questionnaire = ForeignKeyField(Questionnaire, null=True, on_delete="CASCADE")
        failure = CharField(max_length=200, default="")

        class Meta:
            database = db
            table_name = "survey_round"
            indexes = ((("series", "half_year"), True),)

    db.create_tables([SurveyReminder, SurveyTarget, SurveySeries, SurveyRound])


def down(migrator, db):
    migrator.migrate(
        migrator.drop_table("survey_round"),
        migrator.drop_table("survey_series"),
        migrator.drop_table("survey_target"),
        migrator.drop_table("survey_reminder"),
    )
