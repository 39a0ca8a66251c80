"""PostgreSQL stopped as by a power cut, and answers to COMMIT that never arrive, while the system is used."""

from uuid import uuid4

import pytest

from tests.faults.doses import rounds
from tests.faults.system import System
from tests.support.load import Outcome
from tests.support.proxy import Proxy, proxying
from tests.support.waiting import wait_until

HEALED_S = 10.0


@pytest.mark.fault("F14")
def test_after_an_immediate_stop_of_postgresql_the_same_processes_go_on_within_seconds(system: System) -> None:
    postgres = system.stack.servers.postgres
    pids = {name: system.child(name).pid for name in system.names()}
    with system.busy() as traffic:
        for _ in rounds("F14", "stops"):
            traffic.wait_for(5)
            postgres.stop("immediate")
            postgres.start()
            traffic.wait_for(3, limit_s=HEALED_S)
    assert pids == {name: system.child(name).pid for name in system.names() if system.child(name).is_running()}
    system.check()


@pytest.mark.fault("F15")
def test_a_commit_whose_answer_is_lost_takes_effect_once(system: System) -> None:
    """The service asks again by itself and finds what was stored; so does the client who repeats."""
    world, port = system.world, system.stack.servers.postgres.port
    with proxying(port) as of_http, proxying(port) as of_work:
        behind(of_http, system, "registry-http")
        behind(of_work, system, "registry-work")
        with system.busy() as traffic:
            for number in rounds("F15", "cuts"):
                lose_one(of_work if number % 2 else of_http)
                traffic.wait_for(1)
        body, key = world.agent_body(), str(uuid4())
        of_http.lose_answers(1)
        told = world.doors.ask(world.officer, "/registry/v1/agents", body, key=key, patience_s=0)
        assert (told.outcome, told.replayed, told.attempts) == (Outcome.OK, True, 1)
        again = world.doors.ask(world.officer, "/registry/v1/agents", body, key=key)
        assert (again.outcome, again.replayed) == (Outcome.OK, True)
        system.check()


def behind(proxy: Proxy, system: System, name: str) -> None:
    """The process reaches its database through the proxy alone."""
    postgres = system.stack.servers.postgres
    url = postgres.dsn("registry").replace(f":{postgres.port}/", f":{proxy.port}/")
    system.kill(name)
    system.launch(name, DATABASE_URL_REGISTRY=url)
    system.wait_ready(name)


def lose_one(proxy: Proxy) -> None:
    before = proxy.cuts
    proxy.lose_answers(1)
    wait_until(lambda: proxy.cuts > before, 20, "a commit came by")
