"""examples/company: it is killed, lied to, asked twice, and comes out right."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from services.notify.keys import KeyPair
from tests.integration.notify.company_stage import Department, Program, Signer
from tests.support.waiting import wait_until

BOTH = ["acknowledgement", "execution"]


@pytest.fixture
def department() -> Iterator[Department]:
    doors = Department()
    yield doors
    doors.stop()


@pytest.fixture
def program(tmp_path: Path, department: Department) -> Iterator[Program]:
    made = Program(tmp_path, department, Signer())
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()


def test_it_acknowledges_and_executes(program: Program, department: Department) -> None:
    program.start()
    order = uuid4()
    assert program.send(program.signer.order(order)) == 200
    wait_until(lambda: department.steps_of(order) == BOTH, 10, "both reports")
    assert program.stop() == 0


@pytest.mark.fault("F53")
def test_a_message_that_comes_twice_counts_once(program: Program, department: Department) -> None:
    program.start()
    order, message = uuid4(), uuid4()
    for _ in range(3):
        assert program.send(program.signer.order(order), message) == 200
    assert program.send(program.signer.order(order)) == 200
    wait_until(lambda: department.steps_of(order) == BOTH, 10, "both reports")
    assert len(department.requests) == 2


def test_a_killed_program_goes_on_where_it_was(program: Program, department: Department) -> None:
    department.refuse_next = 10_000
    program.start()
    order = uuid4()
    assert program.send(program.signer.order(order)) == 200
    wait_until(lambda: department.requests, 10, "a first try")
    program.kill()
    department.refuse_next = 0
    program.start()
    wait_until(lambda: department.steps_of(order) == BOTH, 10, "both reports")
    assert len({body for key, body in department.requests if key == department.reports[0][2]}) == 1


def test_a_lost_answer_is_asked_again_with_the_same_key_and_bytes(program: Program, department: Department) -> None:
    department.loses_answers = 2
    program.start()
    order = uuid4()
    program.send(program.signer.order(order))
    wait_until(lambda: department.steps_of(order) == BOTH, 10, "both reports")
    wait_until(lambda: len(department.requests) == 4, 10, "each lost answer asked for again")
    assert len(set(department.requests)) == 2


def test_a_torn_journal_line_is_cut_off(program: Program, department: Department) -> None:
    program.start()
    order, message = uuid4(), uuid4()
    program.send(program.signer.order(order), message)
    wait_until(lambda: department.steps_of(order) == BOTH, 10, "both reports")
    program.kill()
    with (program.folder / "state" / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"received": "7c')
    program.start()
    assert program.send(program.signer.order(order), message) == 200
    second = uuid4()
    assert program.send(program.signer.order(second)) == 200
    wait_until(lambda: department.steps_of(second) == BOTH, 10, "both reports of the second order")
    assert len(department.reports) == 4


def test_a_missed_order_is_found_in_the_list(program: Program, department: Department) -> None:
    order = uuid4()
    department.listed = [program.signer.order(order)]
    program.start()
    wait_until(lambda: department.steps_of(order) == BOTH, 10, "both reports")
    program.send(program.signer.order(order))
    program.kill()
    program.start()
    program.send(program.signer.order(uuid4()))
    wait_until(lambda: len(department.reports) == 4, 10, "the next order is dealt with")
    assert department.steps_of(order) == BOTH


def test_five_hundred_twice_then_received(program: Program, department: Department) -> None:
    program.start("500-twice")
    order, message = uuid4(), uuid4()
    statuses = [program.send(program.signer.order(order), message) for _ in range(4)]
    assert statuses == [500, 500, 200, 200]
    wait_until(lambda: department.steps_of(order) == BOTH, 10, "both reports")


def test_a_test_message_is_accepted_at_once(program: Program, department: Department) -> None:
    program.start("500-twice")
    assert program.send({"endpoint_id": str(uuid4())}, kind="notify.endpoint-test") == 200
    assert department.requests == []


@pytest.mark.fault("F52")
def test_silent_acknowledges_and_does_nothing(program: Program, department: Department) -> None:
    program.start("silent")
    first, second = uuid4(), uuid4()
    program.send(program.signer.order(first))
    program.send(program.signer.order(second))
    wait_until(lambda: len(department.reports) == 2, 10, "both acknowledgements")
    assert department.steps_of(first) == department.steps_of(second) == ["acknowledgement"]


def test_closed_reports_that_the_contract_had_ended(program: Program, department: Department) -> None:
    program.start("closed")
    order = uuid4()
    program.send(program.signer.order(order))
    wait_until(lambda: department.steps_of(order) == BOTH, 10, "both reports")
    assert b'"already-closed"' in department.reports[-1][3]


def test_a_withdrawn_order_is_left_alone(program: Program, department: Department) -> None:
    department.refuse_next = 10_000
    program.start()
    order = uuid4()
    program.send(program.signer.order(order))
    wait_until(lambda: department.requests, 10, "a first try")
    withdrawal = {"order_id": str(order), "kind": "contract-termination", "reason": "Nhầm."}
    assert program.send(withdrawal, kind="enforcement.order-withdrawn") == 200
    program.kill()
    department.refuse_next = 0
    program.start()
    other = uuid4()
    program.send(program.signer.order(other))
    wait_until(lambda: department.steps_of(other) == BOTH, 10, "the other order is dealt with")
    assert department.steps_of(order) == []


def test_what_the_department_did_not_sign_is_refused(program: Program, department: Department) -> None:
    program.start()
    signer = program.signer
    order = uuid4()
    headers, body = signer.webhook(signer.order(order), uuid4())
    assert program.post(headers, body + b" ") == 401
    assert program.post(headers | {"webhook-id": str(uuid4())}, body) == 401
    assert program.post(headers | {"webhook-timestamp": "1614265330"}, body) == 401
    assert program.post({}, body) == 401
    stranger = replace(signer, pair=KeyPair.made_now())
    assert program.post(*stranger.webhook(signer.order(order), uuid4())) == 401
    forged = Signer(pair=signer.pair)
    assert program.send(forged.order(order)) == 401
    assert program.send(signer.order(order) | {"order_id": str(uuid4())}) == 401
    assert program.send({"order_id": str(order)}) == 422
    assert program.send(signer.order(uuid4())) == 200
    wait_until(lambda: len(department.reports) == 2, 10, "the good order is dealt with")
    assert department.steps_of(order) == []


def test_both_secrets_verify_during_a_rotation(program: Program, department: Department) -> None:
    old = program.signer
    program.signer = replace(old, pair=KeyPair.made_now())
    program.older_secrets = (old.pair.hmac.text(),)
    program.start()
    assert program.post(*old.webhook(old.order(uuid4()), uuid4())) == 200
    assert program.send(program.signer.order(uuid4())) == 200


def test_orders_under_both_keys_are_taken_while_the_department_s_key_is_rotated(
    program: Program, department: Department
) -> None:
    """The old one still signs what waits; the new one was announced before."""
    newer = Signer(pair=program.signer.pair)
    program.newer_signer = newer
    program.start()
    orders = [uuid4(), uuid4()]
    assert program.send(program.signer.order(orders[0])) == 200
    assert program.send(newer.order(orders[1])) == 200
    wait_until(lambda: len(department.reports) == 4, 10, "both are dealt with")
    assert program.send(Signer(pair=newer.pair).order(uuid4())) == 401


def test_a_taken_port_is_said_in_one_line(program: Program, tmp_path: Path) -> None:
    program.start()
    second = Program(tmp_path, program.department, program.signer, port=program.port)
    second.start()
    assert second.process is not None
    assert second.process.wait(10) == 2
    assert (tmp_path / "log").read_text().splitlines()[-1].startswith("cannot start: ")
