"""`python -m sandbox`: start the local WeChat."""

from __future__ import annotations

import gc
import logging

import uvloop

from .options import parse
from .platform import Platform
from .server import Server


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    platform = Platform(parse())
    server = Server(platform, may_fork=True)
    logging.getLogger("sandbox").info(
        "the local WeChat (%s account) listens on %s, pushes to %s",
        platform.options.kind,
        platform.base_url,
        platform.options.web + platform.options.callback_path if platform.options.web else "nowhere",
    )
    # The state is large and has no cycles: full sweeps took a third of each send.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1000)
    uvloop.run(server.run_until_stopped())


if __name__ == "__main__":
    main()
