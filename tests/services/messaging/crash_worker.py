"""A worker to be killed: sends whatever is due, as the queue's tasks would, until nothing is.

Run as `python -m tests.services.messaging.crash_worker`; settings come from the environment.
"""

from __future__ import annotations

import models
from services import wechat_account
from services.messaging import deliveries, launch, mass_sending


def main() -> None:
    database = models.connect()
    with database.connection_context():
        gateway = wechat_account.gateway()
        print("ready", flush=True)
        launch.launch_due()
        while True:
            batches, chunks = mass_sending.due_batches(), deliveries.due_chunks()
            if not batches and not chunks:
                break
            for campaign_id, chunk in chunks:
                deliveries.send_chunk(campaign_id, chunk, wechat=gateway)
            for batch_id in batches:
                mass_sending.send_mass_batch(batch_id, wechat=gateway)
        gateway.close()
    print("done", flush=True)


if __name__ == "__main__":
    main()
