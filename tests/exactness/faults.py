"""What goes wrong in a run on the platform's side, drawn by its dice."""

from __future__ import annotations

import random
from typing import Any

from sandbox.testing import Sandbox

SENDS = (
    "/cgi-bin/message/template/send",
    "/cgi-bin/message/custom/send",
    "/cgi-bin/message/template/subscribe",
    "/cgi-bin/message/mass/send",
)
TEMPLATE = SENDS[0]
REFUSALS = (-1, 45011, 43004, 45015, 48002, 43101, 43117, 45009, 40001, 50005)
EVENTS = ("TEMPLATESENDJOBFINISH", "MASSSENDJOBFINISH")
HOW = ("doubled", "missing", "late", "early", "shuffled", "unheard")


def order(sandbox: Sandbox, dice: random.Random) -> None:
    """One more thing that goes wrong: a time-out, a cut connection, a refusal, an event astray."""
    chosen = dice.randrange(5)
    if chosen == 0:
        sandbox.fault(**_calls(dice), drop=dice.choice(["before", "after"]))
    elif chosen == 1:
        sandbox.fault(**_calls(dice), delay_ms=500)  # longer than we wait
    elif chosen == 2:
        sandbox.fault(**_calls(dice), errcode=dice.choice(REFUSALS))
    elif chosen == 3:
        how = dice.choice(HOW)
        sandbox.fault(
            push=dice.choice(EVENTS), how=how, times=dice.randint(1, 20), delay_ms=dice.choice([50, 400])
        )
    else:
        sandbox.fault(kill_tokens=True)


def _calls(dice: random.Random) -> dict[str, Any]:
    path = dice.choice(SENDS) if dice.random() < 0.6 else TEMPLATE
    return {"path": path, "times": dice.randint(1, 4), "skip": dice.randint(0, 12)}
