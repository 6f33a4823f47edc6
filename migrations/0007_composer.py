"""Pictures with their rights, notices (通知公告) as content of campaigns, trial sends to testers.

The column is added by the statement itself: SQLite's way through a copy of the table would take the
rows that refer to it along.
"""

from peewee import *


def up(migrator, db):
    class MemberUnit(Model):
        class Meta:
            database = db
            table_name = "member_unit"

    class Person(Model):
        class Meta:
            database = db
            table_name = "person"

    class Account(Model):
        class Meta:
            database = db
            table_name = "account"

    class Campaign(Model):
        class Meta:
            database = db
            table_name = "campaign"

    class Picture(Model):
        created_at = DateTimeField()
        token = CharField(unique=True, max_length=32)
        member_unit = ForeignKeyField(MemberUnit, on_delete="RESTRICT")
        uploaded_by = ForeignKeyField(Account, null=True, on_delete="SET NULL")
        file_name = CharField(max_length=120)
        alt = CharField(max_length=120)
        licence = CharField(max_length=16)
        source = CharField(max_length=200, default="")
        shows_people = BooleanField(default=False)
        people_agreed = BooleanField(default=False)
        is_shared = BooleanField(default=False)
        content_type = CharField(max_length=20)
        width = IntegerField()
        height = IntegerField()
        size = IntegerField()
        digest = CharField(max_length=64)
        version = IntegerField(default=1)
        is_sample = BooleanField(default=False)

        class Meta:
            database = db
            table_name = "picture"
            legacy_table_names = False
            indexes = ((("member_unit", "digest"), True),)

    class PictureMaterial(Model):
        created_at = DateTimeField()
        picture = ForeignKeyField(Picture, on_delete="CASCADE")
        app_id = CharField(max_length=32)
        article_url = CharField(max_length=500, default="")
        media_id = CharField(max_length=128, default="")

        class Meta:
            database = db
            table_name = "picture_material"
            legacy_table_names = False
            indexes = ((("picture", "app_id"), True),)

    class Notice(Model):
        created_at = DateTimeField()
        title = CharField(max_length=80)
        issued_by = CharField(max_length=60, default="")
        body_html = TextField(default="")
        member_unit = ForeignKeyField(MemberUnit, on_delete="RESTRICT")
        is_shared = BooleanField(default=True)
        status = CharField(max_length=12, default="draft")
        published_at = DateTimeField(null=True)
        version = IntegerField(default=1)
        is_sample = BooleanField(default=False)

        class Meta:
            database = db
            table_name = "notice"
            legacy_table_names = False
            indexes = ((("status", "published_at"), False),)

    class Tester(Model):
        created_at = DateTimeField()
        member_unit = ForeignKeyField(MemberUnit, on_delete="CASCADE")
        person = ForeignKeyField(Person, on_delete="CASCADE")
        added_by = ForeignKeyField(Account, null=True, on_delete="SET NULL")

        class Meta:
            database = db
            table_name = "tester"
            legacy_table_names = False
            indexes = ((("member_unit", "person"), True),)

    class TrialSend(Model):
        created_at = DateTimeField()
        campaign = ForeignKeyField(Campaign, on_delete="CASCADE")
        person = ForeignKeyField(Person, on_delete="CASCADE")
        account = ForeignKeyField(Account, on_delete="RESTRICT")
        channel = CharField(max_length=24)
        at = DateTimeField()
        outcome = CharField(max_length=12)
        errcode = IntegerField(default=0)
        msg_id = CharField(max_length=32, default="")
        media_id = CharField(max_length=128, default="")
        told = CharField(max_length=200, default="")
        content_hash = CharField(max_length=64)

        class Meta:
            database = db
            table_name = "trial_send"
            legacy_table_names = False

    db.create_tables([Picture, PictureMaterial, Notice, Tester, TrialSend])
    db.execute_sql(
        'ALTER TABLE "campaign" ADD COLUMN "published_notice_id" INTEGER '
        'REFERENCES "notice" ("id") ON DELETE RESTRICT'
    )
    db.execute_sql('CREATE INDEX "campaign_published_notice_id" ON "campaign" ("published_notice_id")')


def down(migrator, db):
    # A version that knows no notices cannot show their campaigns: what was sent goes with its ledger.
    db.execute_sql("DELETE FROM campaign WHERE content_kind = 'notice'")
    db.execute_sql('DROP INDEX "campaign_published_notice_id"')
    db.execute_sql('ALTER TABLE "campaign" DROP COLUMN "published_notice_id"')
    for table in ("trial_send", "tester", "notice", "picture_material", "picture"):
        migrator.migrate(migrator.drop_table(table))
