"""F20 at the queue: the clock of the database is set back, or set in the middle of a transaction."""

from uuid import UUID, uuid4

import pytest

from services.notify.deliveries.clock_watch import ClockWatch
from services.notify.deliveries.lanes import lease
from services.notify.deliveries.queue import enqueue
from tests.conformance.sender.endpoint_server import EndpointServer
from tests.integration.notify.conftest import Notify, demanded, free_port, run_until_idle, withdrawn

SAID_BY_A_CLOCK_AHEAD = """
with ahead as (
    update lane set said_at = said_at + interval '1 hour', due_at = due_at + interval '1 hour', owner = 'who died',
        leased_until = clock_timestamp() + interval '1 hour')
update webhook set next_attempt_at = next_attempt_at + interval '1 hour' returning 1
"""


@pytest.mark.fault("F20")
def test_what_waits_for_a_clock_that_was_set_back_is_due_at_once(
    notify: Notify, server: EndpointServer, isp: UUID
) -> None:
    server.behaviours["/hook"] = lambda connection: connection.answer(200)
    notify.registered(isp, server.url("/hook"))
    notify.hand_over(demanded(isp, uuid4()))
    assert notify.rows(SAID_BY_A_CLOCK_AHEAD) == [(1,)]
    assert run_until_idle(notify) == 0
    ClockWatch(notify.pool).run_once()
    assert run_until_idle(notify) == 1
    assert notify.rows("select state from webhook") == [("delivered",)]


@pytest.mark.fault("F20")
def test_a_message_queued_after_the_clock_was_set_back_does_not_hide_that_its_lane_waits(
    notify: Notify, server: EndpointServer, isp: UUID
) -> None:
    order = uuid4()
    server.behaviours["/hook"] = lambda connection: connection.answer(200)
    notify.registered(isp, server.url("/hook"))
    notify.hand_over(demanded(isp, order))
    assert notify.rows(SAID_BY_A_CLOCK_AHEAD) == [(1,)]
    notify.hand_over(withdrawn(isp, order))
    assert run_until_idle(notify) == 0
    ClockWatch(notify.pool).run_once()
    assert run_until_idle(notify) == 2


@pytest.mark.fault("F20")
def test_a_clock_set_in_the_middle_of_a_transaction_says_one_time(notify: Notify, isp: UUID) -> None:
    """Every time that a transaction writes about a lane is one reading, so none can be an hour apart from `said_at`."""
    notify.registered(isp, f"http://127.0.0.1:{free_port()}/hook")
    with notify.pool.transaction() as cursor:
        enqueue(cursor, [demanded(isp, uuid4())])
        cursor.execute("select next_attempt_at = now(), due_at = now(), said_at = now() from webhook natural join lane")
        assert cursor.fetchall() == [(True, True, True)]
    with notify.pool.transaction() as cursor:
        assert lease(cursor, "a worker", 45.0)
        cursor.execute("select said_at = now(), leased_until = now() + interval '45 s' from lane")
        assert cursor.fetchall() == [(True, True)]
