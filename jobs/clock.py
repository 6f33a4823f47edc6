"""The clock process: any number may run, one leads by a lease, another takes over within a minute.

APScheduler gives the beat in real time; what is due is judged by `clock.py`, whose time may be
moved by the sandbox.
"""

from __future__ import annotations

import logging
import signal
import threading

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from peewee import PeeweeException

import clock
from jobs.timetable import Timetable
from models.base import db
from services import leases

log = logging.getLogger(__name__)

LEASE = "clock"
LEASE_SECONDS = 20.0
BEAT_SECONDS = 1


class Clock:
    """One candidate for the lead."""

    def __init__(self) -> None:
        self.owner = leases.new_owner()
        self._timetable = Timetable()
        self._leads = False
        self._held: leases.Held | None = None
        self._stop = threading.Event()

    def beat(self) -> bool:
        """Lead if the lease allows, and fire what is due; whether this clock leads."""
        try:
            with db.connection_context():
                self._held = leases.take(LEASE, seconds=LEASE_SECONDS, owner=self.owner)
                if (self._held is not None) is not self._leads:
                    self._leads = self._held is not None
                    self._timetable = Timetable()
                    log.info("clock %s: %s", self.owner, "leads" if self._leads else "stands by")
                if self._held is not None:
                    with _kept(self._held):
                        self._timetable.run_due(clock.utc_now())
        except PeeweeException:
            log.exception("clock: the database does not answer; the next beat tries again")
        return self._leads

    def resign(self) -> None:
        """Give the lead up, so that another need not wait for the lease to end."""
        if self._held is None:
            return
        try:
            with db.connection_context():
                leases.release(self._held)
        except PeeweeException:
            log.exception("clock: the lead could not be given up; its lease ends in %d s", LEASE_SECONDS)


class _kept:
    """A lease renewed in the background while a long job runs."""

    def __init__(self, held: leases.Held) -> None:
        self._held = held
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()

    def _renew(self) -> None:
        while not self._done.wait(LEASE_SECONDS / 4):
            try:
                with db.connection_context():
                    leases.renew(self._held, seconds=LEASE_SECONDS)
            except PeeweeException:
                log.exception("clock: the lease could not be renewed")


def run() -> None:
    """Beat each second until SIGTERM or Ctrl-C; the beat at work ends, and the lead is given up."""
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # before any thread begins: only sigwait takes them
    ours = Clock()
    scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(1)}, timezone=clock.zone())
    scheduler.add_job(
        ours.beat,
        IntervalTrigger(seconds=BEAT_SECONDS, timezone=clock.zone()),
        id="beat",
        max_instances=1,
        coalesce=True,
        misfire_grace_time=300,  # the default of one second would drop late beats
    )
    log.info("clock %s: started", ours.owner)
    scheduler.start()
    signal.sigwait(ends)
    scheduler.shutdown(wait=True)
    ours.resign()
    log.info("clock %s: ended", ours.owner)
