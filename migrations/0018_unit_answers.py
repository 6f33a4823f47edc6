"""A unit whose places are all named has answered; until now it stood as still to answer."""

from peewee import *


def up(migrator, db):
    db.execute_sql(
        "UPDATE unit_invitation SET status = 'answered' WHERE status = 'invited' AND places <= ("
        "SELECT COUNT(*) FROM sign_up WHERE sign_up.invitation_id = unit_invitation.id "
        "AND sign_up.status IN ('signed_up', 'offered'))"
    )


def down(migrator, db):
    """Answered stays: a unit may well have said so itself."""
