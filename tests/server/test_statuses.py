"""Every way in answers the same refusal with the same status."""

from __future__ import annotations

import pytest

from server.pages.member import SignedOut, SignInAgain
from server.statuses import status_of
from services import errors, mini_sessions


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.NotFound(), 404),
        (errors.NotAllowed(), 403),
        (errors.Invalid("写错了"), 422),
        (errors.IllegalMove(), 409),
        (errors.StaleState(), 409),
        (errors.Locked(), 429),
        (errors.DomainError(), 400),
        (SignedOut(), 401),
        (SignInAgain(), 401),
        (mini_sessions.SignedOut(), 401),
        (mini_sessions.WeChatSilent(), 503),
        (mini_sessions.SignInFailed(), 400),
    ],
)
def test_an_error_has_the_status_of_its_nearest_kind(error: errors.DomainError, status: int) -> None:
    assert status_of(error) == status
