"""Files of a notice (通知公告的附件)."""

from peewee import *


def up(migrator, db):
    class Notice(Model):
        class Meta:
            database = db
            table_name = "notice"

    class NoticeFile(Model):
        created_at = DateTimeField()
        notice = ForeignKeyField(Notice, on_delete="CASCADE")
        title = CharField(max_length=80)
        file_name = CharField(max_length=120)
        media_type = CharField(max_length=100)
        size = IntegerField()
        storage_key = CharField(max_length=120)

        class Meta:
            database = db
            table_name = "notice_file"
            legacy_table_names = False

    db.create_tables([NoticeFile])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("notice_file"))
