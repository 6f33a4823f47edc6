"""The web edge: WeChat's callback, member pages, the console."""

from __future__ import annotations

from server.factory import create_app, create_web

__all__ = ["create_app", "create_web"]
