"""Survey tests count statements."""

from __future__ import annotations

from tests.statements import count_statements

__all__ = ["count_statements"]
