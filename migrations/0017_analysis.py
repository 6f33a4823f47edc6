"""Analysis of surveys: who answered by role, an index that holds what is counted, themes, the course
catalogue, what changed, answers from files and from paper."""

from peewee import *

COLUMNS = (
    ("response", "role", "VARCHAR(20)"),
    ("response", "source", "VARCHAR(12) NOT NULL DEFAULT ''"),
)
TABLES = ("paper_entry", "response_import", "changes_made", "course", "theme_sentence", "theme", "theme_run")


def up(migrator, db):
    for table, column, kind in COLUMNS:
        db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN "{column}" {kind}')
    db.execute_sql('DROP INDEX "answer_question_id_option_no"')
    db.execute_sql(
        'CREATE INDEX "answer_question_id_option_no_number_response_id"'
        ' ON "answer" ("question_id", "option_no", "number", "response_id")'
    )

    class MemberUnit(Model):
        class Meta:
            database = db
            table_name = "member_unit"

    class Questionnaire(Model):
        class Meta:
            database = db
            table_name = "questionnaire"

    class Question(Model):
        class Meta:
            database = db
            table_name = "question"

    class ThemeRun(Model):
        created_at = DateTimeField()
        question = ForeignKeyField(Question, unique=True, on_delete="CASCADE")
        status = CharField(max_length=12)
        asked_at = DateTimeField()
        started_at = DateTimeField(null=True)
        done_at = DateTimeField(null=True)
        texts = IntegerField()
        done_share = IntegerField()
        keywords = JSONField()

        class Meta:
            database = db
            table_name = "theme_run"
            legacy_table_names = False
            indexes = ((("status", "asked_at"), False),)

    class Theme(Model):
        created_at = DateTimeField()
        run = ForeignKeyField(ThemeRun, on_delete="CASCADE")
        no = IntegerField()
        words = JSONField()
        size = IntegerField()

        class Meta:
            database = db
            table_name = "theme"
            legacy_table_names = False
            indexes = ((("run", "no"), True),)

    class ThemeSentence(Model):
        created_at = DateTimeField()
        theme = ForeignKeyField(Theme, on_delete="CASCADE")
        place = IntegerField()
        text = TextField()

        class Meta:
            database = db
            table_name = "theme_sentence"
            legacy_table_names = False
            indexes = ((("theme", "place"), True),)

    class Course(Model):
        created_at = DateTimeField()
        title = CharField(max_length=80)
        topics = CharField(max_length=400)
        instructor = CharField(max_length=40)
        member_unit = ForeignKeyField(MemberUnit, on_delete="RESTRICT")
        is_offered = BooleanField()
        version = IntegerField()
        is_sample = BooleanField()

        class Meta:
            database = db
            table_name = "course"
            legacy_table_names = False
            indexes = ((("member_unit", "title"), True),)

    class ChangesMade(Model):
        created_at = DateTimeField()
        questionnaire = ForeignKeyField(Questionnaire, unique=True, on_delete="CASCADE")
        text = TextField()
        is_shown = BooleanField()
        shown_at = DateTimeField(null=True)
        version = IntegerField()

        class Meta:
            database = db
            table_name = "changes_made"
            legacy_table_names = False

    class ResponseImport(Model):
        created_at = DateTimeField()
        questionnaire = ForeignKeyField(Questionnaire, on_delete="CASCADE")
        account_id = IntegerField()
        file_name = CharField(max_length=200)
        status = CharField(max_length=12)
        rows = TextField()
        mapping = JSONField()
        report = JSONField()
        applied_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "response_import"
            legacy_table_names = False

    class PaperEntry(Model):
        created_at = DateTimeField()
        questionnaire = ForeignKeyField(Questionnaire, on_delete="CASCADE")
        sheet_no = CharField(max_length=20)
        member_unit = ForeignKeyField(MemberUnit, null=True, on_delete="RESTRICT")
        account_id = IntegerField()
        answers = TextField()

        class Meta:
            database = db
            table_name = "paper_entry"
            legacy_table_names = False
            indexes = ((("questionnaire", "sheet_no"), True),)

    db.create_tables([ThemeRun, Theme, ThemeSentence, Course, ChangesMade, ResponseImport, PaperEntry])


def down(migrator, db):
    for table in TABLES:
        db.execute_sql(f'DROP TABLE "{table}"')
    db.execute_sql('DROP INDEX "answer_question_id_option_no_number_response_id"')
    db.execute_sql('CREATE INDEX "answer_question_id_option_no" ON "answer" ("question_id", "option_no")')
    for table, column, _ in reversed(COLUMNS):
        db.execute_sql(f'ALTER TABLE "{table}" DROP COLUMN "{column}"')
