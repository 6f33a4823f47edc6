"""The process: the listening socket, the event queue and the snapshots around one platform."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import time

from .app import Application
from .authority import server_context
from .http_server import Connection
from .platform import Platform

log = logging.getLogger("sandbox")

BACKLOG = 4096
GRACE_SECONDS = 1.0
SWEEP_SECONDS = 15.0


def bound_socket(host: str, port: int) -> socket.socket:
    """A listening socket; exits with a sentence when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SystemExit(
            f"cannot listen on {host}:{port} ({error.strerror}); choose another with --port"
        ) from error
    return listener


class Server:
    """Serves one platform until told to stop, then keeps the state.

    `may_fork` says that this is the process's only thread: a forked child then writes the
    snapshots between, so that no answer waits for a large one, and signals stop the process.
    """

    def __init__(self, platform: Platform, *, may_fork: bool = False) -> None:
        self.platform = platform
        self.started = False
        self._may_fork = may_fork
        self._helpers: list[asyncio.Task[None]] = []
        self._connections: set[Connection] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        options = platform.options
        self.listener = bound_socket(options.host, options.port)
        self._tls = server_context(options) if options.tls else None
        scheme = "https" if options.tls else "http"
        platform.base_url = f"{scheme}://{options.host}:{self.listener.getsockname()[1]}"

    def stop(self) -> None:
        """End `run_until_stopped`; may be called from any thread, more than once."""
        if self._loop is not None and self._stopping is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)

    async def run_until_stopped(self) -> None:
        loop = self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        if self._may_fork:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self._stopping.set)
        try:
            self.platform.restore()
        except SystemExit:
            self.listener.close()
            raise
        platform = self.platform
        helpers = (platform.pushes.run(), platform.habits.run(platform), self._keep(), self._sweep())
        self._helpers = [asyncio.create_task(helper) for helper in helpers]
        application = Application(self.platform)
        server = await loop.create_server(
            lambda: Connection(application.handle, self._connections, application.pace),
            sock=self.listener,
            ssl=self._tls,
            backlog=BACKLOG,
        )
        self.started = True
        try:
            await self._stopping.wait()
            server.close()
            await self._leave()
        finally:
            await self._keep_last()
            self.platform.pushes.close()
            self.listener.close()

    async def _sweep(self) -> None:
        """Close idle connections; one timer for all costs nothing per call."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = time.monotonic()
            for one in list(self._connections):
                one.leave_when_idle(now)

    async def _leave(self) -> None:
        """End the streams, let calls under way finish for a second, cut the rest."""
        self.platform.live.close()
        until = time.monotonic() + GRACE_SECONDS
        while any(not one.is_idle for one in self._connections) and time.monotonic() < until:
            await asyncio.sleep(0.01)
        for one in list(self._connections):
            one.drop()

    async def _keep_last(self) -> None:
        """End the helpers and save what is there; nothing the second time."""
        helpers, self._helpers = self._helpers, []
        for helper in helpers:
            helper.cancel()
        for helper in helpers:
            with contextlib.suppress(asyncio.CancelledError):
                await helper
        if helpers:
            self.platform.save()

    async def _keep(self) -> None:
        """Save at intervals; without a child a large state is saved more seldom."""
        pause = seconds = self.platform.options.snapshot_seconds
        while True:
            await asyncio.sleep(pause)
            try:
                if self._may_fork and self.platform.options.state:
                    await self._save_in_child()
                else:
                    pause = max(seconds, self.platform.save() * 50)
            except OSError as error:
                log.error("the state could not be saved: %s; it is tried again", error)

    async def _save_in_child(self) -> None:
        """The child sees the state of this moment. Waits for it, also when the process is to stop."""
        child = os.fork()
        if child == 0:
            code = 1
            try:
                self.platform.save()
                code = 0
            finally:
                os._exit(code)
        try:
            while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0):
                await asyncio.sleep(0.05)
            if ended[1]:
                log.error("the state could not be saved; what is above tells why; it is tried again")
        except asyncio.CancelledError:
            os.waitpid(child, 0)
            raise
