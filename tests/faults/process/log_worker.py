"""A process that sequences or relays one log to its end and leaves: what the tests kill and freeze.

`python -m tests.faults.process.log_worker sequencer|relay`, everything else from the environment. Each step that did
something is a line on stdout.
"""

import os
import sys

from chassis.kafka.clients import KafkaSettings
from chassis.postgres.pool import Pool
from chassis.relay.relay import Relay
from chassis.relay.republish import progress
from chassis.store.sequencer import Sequencer


def tell(done: int) -> None:
    sys.stdout.write(f"{done}\n")
    sys.stdout.flush()


def sequence(pool: Pool) -> None:
    sequencer = Sequencer(pool, "counter")
    while done := sequencer.run_once():
        tell(done)


def relay(pool: Pool) -> None:
    service = os.environ["LOG_SERVICE"]
    kafka = KafkaSettings(os.environ["LOG_KAFKA"], os.environ["LOG_USER"], os.environ["LOG_PASSWORD"])
    running = Relay(pool, service, kafka)
    while (state := progress(pool, service)).sent < state.total:
        if done := running.run_once():
            tell(done)
    running.close()


if __name__ == "__main__":
    {"sequencer": sequence, "relay": relay}[sys.argv[1]](Pool(os.environ["LOG_DSN"], 3))
