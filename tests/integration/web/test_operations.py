"""Health, metrics, the description of the API, starting and stopping."""

import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from openapi_spec_validator import validate
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.web.conftest import Launch, Toy, environment, run
from tests.support.stack_fixture import Database, Databases
from tests.support.waiting import wait_until

BREAK_CONNECTIONS = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""


def get(toy: Toy, path: str) -> requests.Response:
    return requests.get(toy.url + path, timeout=10)


def counted(toy: Toy) -> dict[str, float]:
    families = text_string_to_metric_families(get(toy, "/metrics").text)
    return {
        sample.name + str(sorted(sample.labels.items())): sample.value for one in families for sample in one.samples
    }


def test_counters_stand_at_zero_before_the_first_request(launch: Launch) -> None:
    values = counted(launch())
    entrypoints = {
        name: value for name, value in values.items() if name.startswith("nameko_entrypoint") and "_count" in name
    }
    refused = [value for name, value in values.items() if name.startswith("phoihop_requests_refused")]
    assert len(entrypoints) == 8 * 3
    assert set(entrypoints.values()) == {0}
    assert set(refused) == {0}
    assert all("('service', 'toy')" in name for name in values)


def test_requests_are_counted_by_outcome(toy: Toy) -> None:
    labels = "('kind', 'query'), ('method', 'list_notes'), ('outcome', '{}'), ('service', 'toy')"
    name = f"nameko_entrypoint_duration_seconds_count[{labels}]"
    before = counted(toy)
    toy.send("GET", "/toy/v1/notes")
    toy.send("GET", "/toy/v1/notes?colour=red")
    toy.send("GET", "/nowhere")
    after = counted(toy)
    door = "phoihop_requests_refused_at_the_door_total[('code', 'no-such-path'), ('service', 'toy')]"
    for changed in (name.format("ok"), name.format("refused"), door):
        assert after[changed] - before[changed] == 1
    assert after["nameko_workers_max[('service', 'toy')]"] == 20


def test_ready_says_which_condition_fails(toy: Toy) -> None:
    switch = toy.folder / "not-ready"
    assert get(toy, "/health/ready").json()["status"] == "ready"
    switch.write_text("the tea is cold")
    try:
        answer = get(toy, "/health/ready")
    finally:
        switch.unlink()
    assert answer.status_code == 503
    assert {"name": "switch", "ok": False, "detail": "the tea is cold"} in answer.json()["checks"]
    assert get(toy, "/health/live").status_code == 200
    assert get(toy, "/health/ready").status_code == 200


def test_not_ready_when_the_database_could_lose_a_write(toy: Toy) -> None:
    role, name = toy.database.serving_role, toy.database.name
    toy.query(f'alter role "{role}" in database {name} set synchronous_commit = off')
    try:
        toy.query(BREAK_CONNECTIONS)
        answer = get(toy, "/health/ready")
    finally:
        toy.query(f'alter role "{role}" in database {name} reset synchronous_commit')
        toy.query(BREAK_CONNECTIONS)
    assert answer.status_code == 503
    assert "synchronous_commit" in answer.text
    wait_until(lambda: get(toy, "/health/ready").ok, 10, "ready again")


def test_an_empty_database_is_not_ready_and_answers_503(databases: Databases, toy: Toy, launch: Launch) -> None:
    empty = databases.fresh("toy")
    other = launch(DATABASE_URL_TOY=empty.dsn)
    assert get(other, "/health/ready").status_code == 503
    assert "migration" in get(other, "/health/ready").text


def test_a_database_that_is_gone_is_said_to_be_and_nothing_more(launch: Launch, toy: Toy) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        other = launch(DATABASE_URL_TOY=f"postgresql://toy:canary@127.0.0.1:{unused.getsockname()[1]}/toy")
        answer = other.send("GET", "/toy/v1/notes")
        ready = get(other, "/health/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "database-away")
    assert answer.headers["Retry-After"]
    assert ready.status_code == 503
    assert "canary" not in answer.text + ready.text


def test_the_description_is_valid_and_its_page_needs_no_other_host(toy: Toy) -> None:
    description = get(toy, "/toy/openapi.json").json()
    validate(description)
    assert set(description["paths"]["/toy/v1/notes/{note_id}"]) == {"put", "get"}
    page = get(toy, "/toy/docs")
    assert "://" not in page.text
    for asset in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js", "favicon-32x32.png"):
        assert f"docs/{asset}" in page.text
        assert get(toy, f"/toy/docs/{asset}").status_code == 200
    assert get(toy, "/toy/docs/../../etc/passwd").status_code == 404


def test_a_problem_is_described_to_people_and_programs(toy: Toy) -> None:
    person = requests.get(f"{toy.url}/problems/stale-version", headers={"Accept": "text/html"}, timeout=5)
    assert "<h1>Somebody was faster</h1>" in person.text
    program = get(toy, "/problems/stale-version").json()
    assert program["status"] == 409
    assert program["en"]["title"] == "Somebody was faster"
    assert program["vi"]["title"] == "Đã có người thay đổi trước"
    assert program["vi"]["do"] in person.text


def test_a_stop_answers_what_is_under_way(launch: Launch) -> None:
    toy = launch()
    with ThreadPoolExecutor(1) as client:
        under_way = client.submit(get, toy, "/toy/v1/moment")
        wait_until(
            lambda: counted(toy)["nameko_workers_running[('service', 'toy')]"] == 1, 5, "the request is worked on"
        )
        toy.process.send_signal(signal.SIGTERM)
        assert under_way.result(timeout=10).text == "done"
    assert toy.process.wait(timeout=10) == 0
    assert not [line for line in toy.lines() if line["level"] in ("critical", "error")]


def test_more_requests_than_workers_wait_for_their_turn(launch: Launch) -> None:
    toy = launch(PHOIHOP_POOL_SIZE="2")
    with ThreadPoolExecutor(6) as clients:
        answers = list(clients.map(lambda _: get(toy, "/toy/v1/moment").status_code, range(6)))
    assert answers == [200] * 6


def test_a_start_that_fails_says_why_in_one_line(toy: Toy, toy_database: tuple[Database, Path], tmp_path: Path) -> None:
    env = environment(*toy_database)
    causes = [
        ("http", env | {"PHOIHOP_HTTP_PORT": str(toy.port)}, "PHOIHOP_HTTP_PORT"),
        ("http", env | {"PHOIHOP_HTTP_PORT": "eighty"}, "PHOIHOP_HTTP_PORT"),
        ("http", env | {"PHOIHOP_SECRETS": str(tmp_path)}, "jwt-issuer.pub.pem"),
        ("http", env | {"DATABASE_URL_TOY": ""}, "DATABASE_URL_TOY"),
        ("migrate", env | {"DATABASE_OWNER_URL_TOY": ""}, "DATABASE_OWNER_URL_TOY"),
        ("migrate", env | {"DATABASE_OWNER_URL_TOY": "postgresql://127.0.0.1:1/toy"}, "127.0.0.1"),
    ]
    for role, given, named in causes:
        ended = run(role, given)
        assert ended.returncode == 1
        assert named in ended.stderr
        assert len(ended.stderr.splitlines()) == 1, ended.stderr


def test_another_role_is_told_which_there_are(toy_database: tuple[Database, Path]) -> None:
    ended = run("serve", environment(*toy_database))
    assert ended.returncode == 1
    assert "migrate | http | work" in ended.stderr


def test_migrating_twice_changes_nothing(toy_database: tuple[Database, Path]) -> None:
    ended = run("migrate", environment(*toy_database))
    assert ended.returncode == 0
    assert '"applied": []' in ended.stdout
