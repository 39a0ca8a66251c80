"""Starts `log_worker` as a process of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.integration.relay.bus import Bus
from tests.integration.store.counting import Store

ROOT = Path(__file__).parents[3]
LIMIT_S = 240


def start(role: str, store: Store, bus: Bus | None = None, crash_at: str = "") -> "subprocess.Popen[str]":
    environment = os.environ | {"LOG_DSN": store.dsn, "PHOIHOP_CRASH_AT": crash_at}
    if bus is not None:
        environment |= {
            "LOG_SERVICE": bus.service,
            "LOG_KAFKA": bus.settings.bootstrap_servers,
            "LOG_USER": bus.settings.username or "",
            "LOG_PASSWORD": bus.settings.password or "",
        }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.process.log_worker", role],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def killed_itself(worker: "subprocess.Popen[str]") -> bool:
    return worker.wait(LIMIT_S) == -signal.SIGKILL


def came_to_the_end(worker: "subprocess.Popen[str]") -> bool:
    return worker.wait(LIMIT_S) == 0
