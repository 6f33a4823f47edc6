"""What a respondent is (学员、教师 …) when the response begins: the kind that results are seen by."""

from __future__ import annotations

from peewee import Case, ModelSelect

import clock
from models.people import PersonRole, PersonRoleKind

# Of several roles the first here: a survey asks people as learners.
ORDER = (
    PersonRoleKind.TRAINEE,
    PersonRoleKind.CLASS_TEACHER,
    PersonRoleKind.INSTRUCTOR,
    PersonRoleKind.LIAISON,
    PersonRoleKind.COUNCIL_MEMBER,
    PersonRoleKind.MEMBER,
)


def of_person(person_id: int) -> ModelSelect[PersonRole]:
    """A SELECT of the one role that counts, to be written with the response; empty for none."""
    today = clock.local_today()
    place = Case(PersonRole.role, [(role, no) for no, role in enumerate(ORDER)], len(ORDER))
    return (
        PersonRole.select(PersonRole.role)
        .where(
            PersonRole.person == person_id,
            PersonRole.valid_from <= today,
            PersonRole.valid_to.is_null() | (PersonRole.valid_to >= today),
        )
        .order_by(place)
        .limit(1)
    )
