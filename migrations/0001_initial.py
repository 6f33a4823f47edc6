"""The first schema: people, content, campaigns and their ledger, surveys, operations."""

from peewee import *


def up(migrator, db):
    class MemberUnit(Model):
        created_at = DateTimeField()
        name = CharField(unique=True, max_length=80)
        short_name = CharField(max_length=20)
        tier = CharField(max_length=4)
        kind = CharField(max_length=20)
        division_code = CharField(null=True, max_length=12)
        valid_from = DateField()
        valid_to = DateField(null=True)
        order_no = IntegerField(default=0)
        is_sample = BooleanField(default=False)

        class Meta:
            database = db
            table_name = "member_unit"

    db.create_tables([MemberUnit])

    class Person(Model):
        created_at = DateTimeField()
        name = CharField(max_length=40)
        member_unit = ForeignKeyField(MemberUnit, on_delete="RESTRICT")
        phone = BlobField(null=True)
        phone_hash = CharField(unique=True, null=True, max_length=64)
        position = CharField(max_length=60, default="")
        is_sample = BooleanField(default=False)
        erased_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "person"
            indexes = ((("member_unit", "name"), False),)

    db.create_tables([Person])

    class Account(Model):
        created_at = DateTimeField()
        username = CharField(unique=True, max_length=40)
        display_name = CharField(max_length=40)
        password_hash = CharField(max_length=200)
        member_unit = ForeignKeyField(MemberUnit, on_delete="RESTRICT")
        person = ForeignKeyField(Person, null=True, on_delete="SET NULL")
        is_active = BooleanField(default=True)
        failed_sign_ins = IntegerField(default=0)
        locked_until = DateTimeField(null=True)
        last_sign_in_at = DateTimeField(null=True)
        password_changed_at = DateTimeField(null=True)
        session_version = IntegerField(default=1)

        class Meta:
            database = db
            table_name = "account"

    db.create_tables([Account])

    class AccountRole(Model):
        created_at = DateTimeField()
        account = ForeignKeyField(Account, on_delete="CASCADE")
        role = CharField(max_length=20)

        class Meta:
            database = db
            table_name = "account_role"
            indexes = ((("account", "role"), True),)

    db.create_tables([AccountRole])

    class ActivitySeries(Model):
        created_at = DateTimeField()
        name = CharField(unique=True, max_length=40)
        kind = CharField(max_length=12)
        order_no = IntegerField(default=0)

        class Meta:
            database = db
            table_name = "activity_series"

    db.create_tables([ActivitySeries])

    class Activity(Model):
        created_at = DateTimeField()
        series = ForeignKeyField(ActivitySeries, on_delete="RESTRICT")
        series_no = IntegerField(null=True)
        title = CharField(max_length=80)
        speaker = CharField(max_length=40, default="")
        speaker_intro = TextField(default="")
        place = CharField(max_length=80)
        starts_at = DateTimeField()
        ends_at = DateTimeField()
        seats = IntegerField(null=True)
        sign_up_closes_at = DateTimeField(null=True)
        body_html = TextField(default="")
        member_unit = ForeignKeyField(MemberUnit, on_delete="RESTRICT")
        is_shared = BooleanField(default=True)
        status = CharField(max_length=12, default="draft")
        status_reason = CharField(max_length=200, default="")
        version = IntegerField(default=1)
        is_sample = BooleanField(default=False)

        class Meta:
            database = db
            table_name = "activity"
            indexes = ((("status", "starts_at"), False),)

    db.create_tables([Activity])

    class Questionnaire(Model):
        created_at = DateTimeField()
        title = CharField(max_length=60)
        intro = CharField(max_length=200, default="")
        thanks = CharField(max_length=200, default="")
        is_anonymous = BooleanField(default=True)
        member_unit = ForeignKeyField(MemberUnit, on_delete="RESTRICT")
        audience = JSONField(default=dict)
        status = CharField(max_length=12, default="draft")
        opens_at = DateTimeField(null=True)
        closes_at = DateTimeField(null=True)
        blind_key = BlobField(null=True)
        version = IntegerField(default=1)
        is_sample = BooleanField(default=False)

        class Meta:
            database = db
            table_name = "questionnaire"

    db.create_tables([Questionnaire])

    class Response(Model):
        id = BigIntegerField(primary_key=True)
        questionnaire = ForeignKeyField(Questionnaire, on_delete="CASCADE")
        respondent = CharField(max_length=64)
        person = ForeignKeyField(Person, null=True, on_delete="CASCADE")
        member_unit = ForeignKeyField(MemberUnit, null=True, on_delete="RESTRICT")
        status = CharField(max_length=12, default="started")
        completed_at = DateTimeField(null=True)
        completed_on = DateField(null=True)
        created_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "response"
            indexes = ((("questionnaire", "respondent"), True), (("questionnaire", "status"), False))

    db.create_tables([Response])

    class Question(Model):
        created_at = DateTimeField()
        questionnaire = ForeignKeyField(Questionnaire, on_delete="CASCADE")
        position = IntegerField()
        kind = CharField(max_length=12)
        text = CharField(max_length=200)
        is_required = BooleanField(default=True)
        minimum = IntegerField(null=True)
        maximum = IntegerField(null=True)

        class Meta:
            database = db
            table_name = "question"

    db.create_tables([Question])

    class Answer(Model):
        id = BigIntegerField(primary_key=True)
        response = ForeignKeyField(Response, on_delete="CASCADE")
        question = ForeignKeyField(Question, on_delete="CASCADE")
        option_no = IntegerField(default=0)
        number = IntegerField(null=True)
        text = TextField(null=True)
        created_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "answer"
            indexes = ((("response", "question", "option_no"), True), (("question", "option_no"), False))

    db.create_tables([Answer])

    class EJournal(Model):
        created_at = DateTimeField()
        name = CharField(unique=True, max_length=40)
        print_permit_no = CharField(max_length=60, default="")
        member_unit = ForeignKeyField(MemberUnit, on_delete="RESTRICT")

        class Meta:
            database = db
            table_name = "e_journal"

    db.create_tables([EJournal])

    class EJournalIssue(Model):
        created_at = DateTimeField()
        e_journal = ForeignKeyField(EJournal, on_delete="RESTRICT")
        issue_no = CharField(max_length=20)
        print_permit_no = CharField(max_length=60, default="")
        summary = CharField(max_length=200, default="")
        publish_on = DateField(null=True)
        status = CharField(max_length=12, default="draft")
        published_at = DateTimeField(null=True)
        version = IntegerField(default=1)
        is_sample = BooleanField(default=False)

        class Meta:
            database = db
            table_name = "e_journal_issue"
            indexes = ((("e_journal", "issue_no"), True),)

    db.create_tables([EJournalIssue])

    class Campaign(Model):
        created_at = DateTimeField()
        title = CharField(max_length=80)
        topic = CharField(max_length=16)
        content_kind = CharField(max_length=20)
        activity = ForeignKeyField(Activity, null=True, on_delete="RESTRICT")
        issue = ForeignKeyField(EJournalIssue, null=True, on_delete="RESTRICT")
        questionnaire = ForeignKeyField(Questionnaire, null=True, on_delete="RESTRICT")
        summary = CharField(max_length=120, default="")
        member_unit = ForeignKeyField(MemberUnit, on_delete="RESTRICT")
        author = ForeignKeyField(Account, on_delete="RESTRICT")
        audience = JSONField(default=dict)
        channels = JSONField(default=list)
        scheduled_at = DateTimeField(null=True)
        deadline_at = DateTimeField(null=True)
        quiet_hours_override = CharField(max_length=120, default="")
        status = CharField(max_length=12, default="draft")
        status_reason = CharField(max_length=200, default="")
        content_hash = CharField(max_length=64, default="")
        launch_cursor = IntegerField(default=0)
        launched_at = DateTimeField(null=True)
        finished_at = DateTimeField(null=True)
        version = IntegerField(default=1)
        is_sample = BooleanField(default=False)

        class Meta:
            database = db
            table_name = "campaign"
            indexes = ((("status", "scheduled_at"), False),)

    db.create_tables([Campaign])

    class Follower(Model):
        created_at = DateTimeField()
        app_id = CharField(max_length=32)
        openid = CharField(max_length=64)
        unionid = CharField(index=True, null=True, max_length=64)
        person = ForeignKeyField(Person, null=True, on_delete="SET NULL")
        is_following = BooleanField(default=True)
        bound_at = DateTimeField(null=True)
        last_message_at = DateTimeField(null=True)
        window_until = DateTimeField(null=True)
        window_left = IntegerField(default=0)
        mass_month = CharField(max_length=7, default="")
        mass_received = IntegerField(default=0)
        failed_bindings = IntegerField(default=0)
        binding_locked_until = DateTimeField(null=True)
        pending_invite_code = IntegerField(null=True)

        class Meta:
            database = db
            table_name = "follower"
            indexes = ((("app_id", "openid"), True), (("app_id", "person"), True))

    db.create_tables([Follower])

    class MassBatch(Model):
        created_at = DateTimeField()
        campaign = ForeignKeyField(Campaign, on_delete="CASCADE")
        batch_no = IntegerField()
        client_msg_id = CharField(unique=True, max_length=32)
        media_id = CharField(max_length=128, default="")
        msg_id = CharField(index=True, null=True, max_length=32)
        status = CharField(max_length=12, default="planned")
        size = IntegerField(default=0)
        lease_until = DateTimeField(null=True)
        first_called_at = DateTimeField(null=True)
        reason = CharField(max_length=60, default="")
        total_count = IntegerField(null=True)
        filter_count = IntegerField(null=True)
        sent_count = IntegerField(null=True)
        error_count = IntegerField(null=True)

        class Meta:
            database = db
            table_name = "mass_batch"
            indexes = ((("campaign", "batch_no"), True),)

    db.create_tables([MassBatch])

    class Delivery(Model):
        created_at = DateTimeField()
        campaign = ForeignKeyField(Campaign, on_delete="CASCADE", index=False)
        person = ForeignKeyField(Person, on_delete="CASCADE", index=False)
        follower = ForeignKeyField(Follower, null=True, on_delete="SET NULL", index=False)
        chunk = IntegerField()
        channel = CharField(null=True, max_length=24)
        basis = CharField(max_length=12, default="none")
        status = CharField(max_length=12)
        reason = CharField(max_length=40, default="")
        refused_channels = CharField(max_length=120, default="")
        batch = ForeignKeyField(MassBatch, null=True, on_delete="SET NULL", index=False)
        not_before = DateTimeField(null=True)
        claimed_at = DateTimeField(null=True)
        lease_until = DateTimeField(null=True)
        first_called_at = DateTimeField(null=True)
        msg_id = CharField(null=True, max_length=32)
        settled_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "delivery"
            indexes = ((("person", "campaign"), True), (("campaign", "status", "channel", "chunk"), False))

    for field in (Delivery.msg_id, Delivery.batch, Delivery.lease_until):
        Delivery.add_index(Delivery.index(field, where=field.is_null(False)))
    waits = SQL("channel = 'rider' AND status = 'planned'")
    Delivery.add_index(Delivery.index(Delivery.person, name="delivery_rider", where=waits))
    db.create_tables([Delivery])

    class Attempt(Model):
        created_at = DateTimeField()
        delivery = ForeignKeyField(Delivery, on_delete="CASCADE")
        channel = CharField(max_length=24)
        at = DateTimeField()
        outcome = CharField(max_length=12)
        errcode = IntegerField(default=0)
        msg_id = CharField(null=True, max_length=32)
        rid = CharField(max_length=64, default="")

        class Meta:
            database = db
            table_name = "attempt"

    once = SQL("outcome IN ('accepted', 'unknown')")
    Attempt.add_index(Attempt.index(Attempt.delivery, unique=True, name="attempt_once", where=once))
    db.create_tables([Attempt])

    class AuditEntry(Model):
        created_at = DateTimeField()
        at = DateTimeField(index=True)
        account_id = IntegerField(null=True)
        account_name = CharField(max_length=40)
        action = CharField(index=True, max_length=60)
        subject_kind = CharField(max_length=40)
        subject_id = CharField(max_length=40, default="")
        member_unit_id = IntegerField(null=True)
        address = CharField(max_length=64, default="")
        details = TextField(default="{}")
        previous_hash = CharField(max_length=64)
        hash = CharField(unique=True, max_length=64)

        class Meta:
            database = db
            table_name = "audit_entry"

    db.create_tables([AuditEntry])

    class CampaignReview(Model):
        created_at = DateTimeField()
        campaign = ForeignKeyField(Campaign, on_delete="CASCADE")
        stage = CharField(max_length=12)
        reviewer = ForeignKeyField(Account, on_delete="RESTRICT")
        decision = CharField(max_length=12)
        opinion = TextField(default="")
        content_hash = CharField(max_length=64)
        decided_at = DateTimeField()
        voided_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "campaign_review"

    db.create_tables([CampaignReview])

    class Consent(Model):
        created_at = DateTimeField()
        person = ForeignKeyField(Person, on_delete="CASCADE")
        kind = CharField(max_length=20)
        topic = CharField(null=True, max_length=16)
        is_granted = BooleanField()
        given_at = DateTimeField()
        source = CharField(max_length=20)
        text_version = CharField(max_length=20, default="")

        class Meta:
            database = db
            table_name = "consent"

    db.create_tables([Consent])

    class Conversation(Model):
        created_at = DateTimeField()
        follower = ForeignKeyField(Follower, unique=True, on_delete="CASCADE")
        questionnaire = ForeignKeyField(Questionnaire, on_delete="CASCADE")
        question = ForeignKeyField(Question, null=True, on_delete="CASCADE")
        is_paused = BooleanField(default=False)
        moved_at = DateTimeField()

        class Meta:
            database = db
            table_name = "conversation"

    db.create_tables([Conversation])

    class Credential(Model):
        created_at = DateTimeField()
        app_id = CharField(max_length=32)
        kind = CharField(max_length=20)
        value = BlobField()
        value_hash = CharField(max_length=64)
        expires_at = DateTimeField()

        class Meta:
            database = db
            table_name = "credential"
            indexes = ((("app_id", "kind"), True),)

    db.create_tables([Credential])

    class EJournalColumn(Model):
        created_at = DateTimeField()
        issue = ForeignKeyField(EJournalIssue, on_delete="CASCADE")
        name = CharField(max_length=40)
        position = IntegerField()

        class Meta:
            database = db
            table_name = "e_journal_column"

    db.create_tables([EJournalColumn])

    class EJournalArticle(Model):
        created_at = DateTimeField()
        column = ForeignKeyField(EJournalColumn, on_delete="CASCADE")
        position = IntegerField()
        title = CharField(max_length=80)
        author = CharField(max_length=40, default="")
        body_html = TextField(default="")
        is_public = BooleanField(default=False)

        class Meta:
            database = db
            table_name = "e_journal_article"

    db.create_tables([EJournalArticle])

    class FollowPeriod(Model):
        created_at = DateTimeField()
        follower = ForeignKeyField(Follower, on_delete="CASCADE")
        followed_at = DateTimeField()
        unfollowed_at = DateTimeField(null=True)
        scene = CharField(max_length=80, default="")

        class Meta:
            database = db
            table_name = "follow_period"

    db.create_tables([FollowPeriod])

    class InboundMessage(Model):
        created_at = DateTimeField()
        dedupe_key = CharField(unique=True, max_length=200)
        follower = ForeignKeyField(Follower, null=True, on_delete="CASCADE")
        kind = CharField(max_length=40)
        act = CharField(max_length=60, default="")
        outcome = CharField(max_length=16)
        raw = BlobField(null=True)
        reply = BlobField(null=True)
        received_at = DateTimeField(index=True)

        class Meta:
            database = db
            table_name = "inbound_message"

    db.create_tables([InboundMessage])

    class InboxItem(Model):
        created_at = DateTimeField()
        follower = ForeignKeyField(Follower, on_delete="CASCADE")
        text = BlobField()
        kind = CharField(max_length=20, default="question")
        status = CharField(max_length=12, default="open")
        done_by = IntegerField(null=True)
        done_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "inbox_item"

    db.create_tables([InboxItem])

    class InviteCode(Model):
        created_at = DateTimeField()
        person = ForeignKeyField(Person, on_delete="CASCADE")
        code = BlobField()
        code_hash = CharField(unique=True, max_length=64)
        expires_at = DateTimeField()
        used_at = DateTimeField(null=True)
        revoked_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "invite_code"

    db.create_tables([InviteCode])

    class JobRun(Model):
        created_at = DateTimeField()
        job = CharField(max_length=60)
        fire_at = DateTimeField()
        finished_at = DateTimeField(null=True)
        error = TextField(default="")

        class Meta:
            database = db
            table_name = "job_run"
            indexes = ((("job", "fire_at"), True),)

    db.create_tables([JobRun])

    class Lease(Model):
        created_at = DateTimeField()
        name = CharField(unique=True, max_length=80)
        owner = CharField(max_length=80)
        until = DateTimeField()

        class Meta:
            database = db
            table_name = "lease"

    db.create_tables([Lease])

    class Option(Model):
        created_at = DateTimeField()
        question = ForeignKeyField(Question, on_delete="CASCADE")
        position = IntegerField()
        text = CharField(max_length=60)

        class Meta:
            database = db
            table_name = "option"

    db.create_tables([Option])

    class PersonRole(Model):
        created_at = DateTimeField()
        person = ForeignKeyField(Person, on_delete="CASCADE")
        member_unit = ForeignKeyField(MemberUnit, on_delete="RESTRICT")
        role = CharField(max_length=20)
        valid_from = DateField()
        valid_to = DateField(null=True)

        class Meta:
            database = db
            table_name = "person_role"
            indexes = ((("person", "member_unit", "role"), True), (("role", "member_unit"), False))

    db.create_tables([PersonRole])

    class PlatformEvent(Model):
        created_at = DateTimeField()
        dedupe_key = CharField(unique=True, max_length=200)
        event = CharField(max_length=40)
        msg_id = CharField(index=True, max_length=32)
        status = CharField(max_length=60, default="")
        body = TextField(default="{}")
        received_at = DateTimeField()
        settled_at = DateTimeField(index=True, null=True)

        class Meta:
            database = db
            table_name = "platform_event"

    db.create_tables([PlatformEvent])

    class QuotaUse(Model):
        created_at = DateTimeField()
        interface = CharField(max_length=40)
        day = DateField()
        used = IntegerField(default=0)
        exhausted_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "quota_use"
            indexes = ((("interface", "day"), True),)

    db.create_tables([QuotaUse])

    class RosterImport(Model):
        created_at = DateTimeField()
        account_id = IntegerField()
        member_unit = ForeignKeyField(MemberUnit, null=True, on_delete="RESTRICT")
        file_name = CharField(max_length=200)
        status = CharField(max_length=12, default="previewed")
        rows = BlobField()
        report = BlobField()
        applied_at = DateTimeField(null=True)
        note = TextField(default="")

        class Meta:
            database = db
            table_name = "roster_import"

    db.create_tables([RosterImport])

    class SignUp(Model):
        created_at = DateTimeField()
        activity = ForeignKeyField(Activity, on_delete="CASCADE")
        person = ForeignKeyField(Person, on_delete="CASCADE")
        status = CharField(max_length=12, default="signed_up")
        moved_at = DateTimeField()
        source = CharField(max_length=20, default="page")

        class Meta:
            database = db
            table_name = "sign_up"
            indexes = ((("activity", "person"), True), (("activity", "status"), False))

    db.create_tables([SignUp])

    class SubscriptionConsent(Model):
        created_at = DateTimeField()
        follower = ForeignKeyField(Follower, on_delete="CASCADE")
        template_id = CharField(max_length=64)
        scene = IntegerField()
        granted_at = DateTimeField()
        used_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "subscription_consent"
            indexes = ((("follower", "template_id", "scene"), False),)

    db.create_tables([SubscriptionConsent])

    class TemplateMapping(Model):
        created_at = DateTimeField()
        name = CharField(unique=True, max_length=40)
        template_id = CharField(max_length=64)
        title = CharField(max_length=40)
        basis = CharField(max_length=12)
        content_kind = CharField(max_length=20)
        topic = CharField(null=True, max_length=16)
        fields = JSONField(default=dict)
        is_active = BooleanField(default=True)

        class Meta:
            database = db
            table_name = "template_mapping"

    db.create_tables([TemplateMapping])

    class TopicOptIn(Model):
        created_at = DateTimeField()
        person = ForeignKeyField(Person, on_delete="CASCADE")
        topic = CharField(max_length=16)
        is_on = BooleanField(default=False)
        changed_at = DateTimeField()
        source = CharField(max_length=20)

        class Meta:
            database = db
            table_name = "topic_opt_in"
            indexes = ((("person", "topic"), True), (("topic", "is_on"), False))

    db.create_tables([TopicOptIn])

    class UsedLink(Model):
        created_at = DateTimeField()
        nonce = CharField(unique=True, max_length=64)
        follower = ForeignKeyField(Follower, null=True, on_delete="CASCADE")
        used_at = DateTimeField()

        class Meta:
            database = db
            table_name = "used_link"

    db.create_tables([UsedLink])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("used_link"))
    migrator.migrate(migrator.drop_table("topic_opt_in"))
    migrator.migrate(migrator.drop_table("template_mapping"))
    migrator.migrate(migrator.drop_table("subscription_consent"))
    migrator.migrate(migrator.drop_table("sign_up"))
    migrator.migrate(migrator.drop_table("roster_import"))
    migrator.migrate(migrator.drop_table("quota_use"))
    migrator.migrate(migrator.drop_table("platform_event"))
    migrator.migrate(migrator.drop_table("person_role"))
    migrator.migrate(migrator.drop_table("option"))
    migrator.migrate(migrator.drop_table("lease"))
    migrator.migrate(migrator.drop_table("job_run"))
    migrator.migrate(migrator.drop_table("invite_code"))
    migrator.migrate(migrator.drop_table("inbox_item"))
    migrator.migrate(migrator.drop_table("inbound_message"))
    migrator.migrate(migrator.drop_table("follow_period"))
    migrator.migrate(migrator.drop_table("e_journal_article"))
    migrator.migrate(migrator.drop_table("e_journal_column"))
    migrator.migrate(migrator.drop_table("credential"))
    migrator.migrate(migrator.drop_table("conversation"))
    migrator.migrate(migrator.drop_table("consent"))
    migrator.migrate(migrator.drop_table("campaign_review"))
    migrator.migrate(migrator.drop_table("audit_entry"))
    migrator.migrate(migrator.drop_table("attempt"))
    migrator.migrate(migrator.drop_table("delivery"))
    migrator.migrate(migrator.drop_table("mass_batch"))
    migrator.migrate(migrator.drop_table("follower"))
    migrator.migrate(migrator.drop_table("campaign"))
    migrator.migrate(migrator.drop_table("e_journal_issue"))
    migrator.migrate(migrator.drop_table("e_journal"))
    migrator.migrate(migrator.drop_table("answer"))
    migrator.migrate(migrator.drop_table("question"))
    migrator.migrate(migrator.drop_table("response"))
    migrator.migrate(migrator.drop_table("questionnaire"))
    migrator.migrate(migrator.drop_table("activity"))
    migrator.migrate(migrator.drop_table("activity_series"))
    migrator.migrate(migrator.drop_table("account_role"))
    migrator.migrate(migrator.drop_table("account"))
    migrator.migrate(migrator.drop_table("person"))
    migrator.migrate(migrator.drop_table("member_unit"))
