"""That a person took part in a questionnaire, apart from what was said."""

from peewee import *


def up(migrator, db):
    class Questionnaire(Model):
        class Meta:
            database = db
            table_name = "questionnaire"

    class Person(Model):
        class Meta:
            database = db
            table_name = "person"

    class Participation(Model):
        id = BigIntegerField(primary_key=True)
        questionnaire = ForeignKeyField(Questionnaire, on_delete="CASCADE", index=False)
        person = ForeignKeyField(Person, on_delete="CASCADE")
        disposition = CharField(max_length=12)

        class Meta:
            database = db
            table_name = "participation"
            legacy_table_names = False
            indexes = ((("questionnaire", "person"), True),)
            without_rowid = isinstance(db, SqliteDatabase)

    db.create_tables([Participation])
    # who answered under the own name is known; the id of such a response tells nothing more
    db.execute_sql(
        "INSERT INTO participation (id, questionnaire_id, person_id, disposition) "
        "SELECT id, questionnaire_id, person_id, "
        "CASE status WHEN 'completed' THEN 'completed' ELSE 'begun' END "
        "FROM response WHERE person_id IS NOT NULL"
    )


def down(migrator, db):
    migrator.migrate(migrator.drop_table("participation"))
