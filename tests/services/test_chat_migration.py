"""0005, on both engines: what stood in the inbox as feedback becomes a complaint, and goes back."""

from __future__ import annotations

from datetime import date, datetime

from peewee import Database

from models.complaints import Complaint, ComplaintAct, ComplaintStatus, ComplaintStep
from models.inbound import InboxItem
from models.schema import runner
from models.sealing import seal
from tests.factories import make_follower, make_person

LATE = datetime(2026, 11, 1, 17, 30)  # the 2nd in Shanghai


def _old_item(db: Database, follower_id: int, text: str, kind: str, status: str) -> None:
    values = (LATE, follower_id, seal(text.encode()), kind, status, LATE)
    db.execute_sql(
        "INSERT INTO inbox_item (created_at, follower_id, text, kind, status, done_at)"
        f" VALUES ({', '.join([db.param] * len(values))})",
        values,
    )


def test_feedback_becomes_a_complaint_and_goes_back(empty_database: Database) -> None:
    db = empty_database
    with db.connection_context():
        runner().up()
        person, stranger = make_person(), make_follower()
        member = make_follower(person=person)
        runner().down("0005_chat")
        _old_item(db, member.id, "讲座排在周末", "feedback", "open")
        _old_item(db, stranger.id, "多谢", "feedback", "done")
        _old_item(db, member.id, "食堂几点开饭", "question", "open")

        runner().up()

        waiting, done = Complaint.select().order_by(Complaint.id)
        assert (waiting.text, waiting.status, waiting.due_on) == (
            "讲座排在周末",
            ComplaintStatus.RECEIVED,
            date(2026, 11, 12),
        )
        assert (waiting.member_unit_id, waiting.person_id) == (
            person.member_unit_id,
            person.id,
        )
        assert (done.status, done.member_unit_id) == (ComplaintStatus.CLOSED, None)
        assert {row.act for row in ComplaintStep.select()} == {ComplaintAct.RECEIVED}
        item = InboxItem.get()
        assert (item.text, item.member_unit_id, item.version) == (
            "食堂几点开饭",
            person.member_unit_id,
            1,
        )

        runner().down("0005_chat")

        kinds = db.execute_sql("SELECT kind, status FROM inbox_item ORDER BY kind, status").fetchall()
        assert kinds == [("feedback", "done"), ("feedback", "open"), ("question", "open")]
        assert not db.table_exists("complaint")
