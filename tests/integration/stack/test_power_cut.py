"""All processes killed at once: the next start finds everything that was confirmed."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest
from kafka.admin import KafkaAdminClient

from deploy.local.stack import ports
from deploy.local.stack.pids import is_zombie, recorded
from deploy.local.stack.servers import Servers
from deploy.local.stack.state import CHECKOUT, StateFolder
from deploy.local.stack.supervisor import Supervisor
from tests.support.stack_fixture import own_state
from tests.support.waiting import wait_until

WRITE_AND_WAIT = """
import sys, time
from pathlib import Path
import psycopg2
from kafka.admin import KafkaAdminClient
from deploy.local.stack import ports
from deploy.local.stack.servers import Servers
from deploy.local.stack.state import StateFolder

with Servers(StateFolder(Path(sys.argv[1]), installed=Path(sys.argv[2])), ports.free()) as servers:
    servers.postgres.create_databases(["registry"])
    connection = psycopg2.connect(servers.postgres.dsn("registry", "owner"))
    connection.cursor().execute("create table kept (n int); insert into kept values (42)")
    connection.commit()
    admin = KafkaAdminClient(**servers.kafka.client_settings())
    admin.create_topics({"kept": {"num_partitions": 1, "replication_factor": 1}})
    print("written", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def state() -> Iterator[StateFolder]:
    folder = own_state("power-cut")
    yield folder
    shutil.rmtree(folder.root, ignore_errors=True)


def test_after_a_power_cut_the_next_start_has_all_that_was_confirmed(state: StateFolder) -> None:
    state.unlock()
    command = [sys.executable, "-c", WRITE_AND_WAIT, str(state.root), str(state.servers.parent)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE) as first_run:
        assert first_run.stdout is not None
        assert first_run.stdout.readline() == b"written\n"
        pids = [pid for name in ("postgres", "kafka") if (pid := recorded(state.pid_file(name)))]
        assert len(pids) == 2
        for pid in [*pids, first_run.pid]:
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: all(map(is_zombie, pids)), 10, "nothing of the first run is left")

    with Servers(state, ports.free()) as servers:
        with closing(psycopg2.connect(servers.postgres.dsn("registry", "owner"))) as connection:
            cursor = connection.cursor()
            cursor.execute("select n from kept")
            assert cursor.fetchone() == (42,)
        with closing(KafkaAdminClient(**servers.kafka.client_settings())) as admin:
            assert "kept" in admin.list_topics()

        _a_killed_server_is_started_again(servers)


def _a_killed_server_is_started_again(servers: Servers) -> None:
    told = list[str]()
    supervisor = Supervisor(told.append)
    assert servers.postgres.child is not None
    supervisor.watch(servers.postgres.child, servers.postgres.launch)
    os.kill(servers.postgres.child.pid, signal.SIGKILL)

    def is_back() -> bool:
        supervisor.tick()
        return len(told) >= 2 and servers.postgres.is_ready()

    wait_until(is_back, 30, "PostgreSQL answers again", every_s=0.1)
    assert "postgres was ended by SIGKILL" in told[0]
    assert "it starts again in 1 s" in told[0]
