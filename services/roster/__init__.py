"""Rosters (名单): people come in by Excel, as Excel files really are."""

from services.roster.imports import Report, apply, discard, find, preview, recent, report_of

__all__ = ["Report", "apply", "discard", "find", "preview", "recent", "report_of"]
