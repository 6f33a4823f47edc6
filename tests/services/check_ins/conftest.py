"""What the tests of check-ins share."""

from tests.statements import count_statements

__all__ = ["count_statements"]
