"""Totals follow from the facts alone, in whatever order streams come; the facts themselves are kept and found."""

import json
import random
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as any_of
from hypothesis import strategies as st

from chassis.consume.message import Received
from chassis.identity.principal import officer
from contracts.envelope import Event
from contracts.refusals import NotFound
from services.reporting import api
from services.reporting.views import FactFilter, Summary
from tests.integration.reporting import bus, province
from tests.integration.reporting.conftest import Desk

TABLES = ("provider", "agent", "contract", "claimed_line", "line", "violation", "case_file", "order_file", "fact")


def standing(desk: Desk) -> Summary:
    found: Summary = desk.view(api.show_standing)
    return found


@pytest.mark.clause("HD-7", "LA-3.5")
def test_the_summary_counts_what_stands(desk: Desk) -> None:
    desk.show(bus.messages())
    summary = standing(desk)
    assert [(one.area, one.area_name, one.state, one.agents) for one in summary.agents] == [
        ("nam-sach", "Huyện Nam Sách", "closed", 1),
        ("nam-sach", "Huyện Nam Sách", "registered", 1),
        ("nam-sach", "Huyện Nam Sách", "reported", 1),
    ]
    assert summary.contracts == {"reported": 2, "terminated": 1}
    assert summary.lines == {"cut": 1, "in-use": 1, "reported": 1}
    assert [(one.provision, one.empowered_by, one.violations) for one in summary.violations] == [
        ("HD-5b", "HD-2.3c1", 1),
        ("ND 97/2008", "HD-2.3c1", 1),
    ]
    assert {(one.kind, one.outcome): one.orders for one in summary.orders} == {
        ("contract-termination", "executed"): 1,
        ("contract-termination", "overdue"): 2,
        ("contract-termination", "objection-upheld"): 1,
        ("contract-termination", "waiting"): 1,
        ("contract-termination", "withdrawn"): 1,
        ("line-cut", "executed"): 1,
    }
    assert summary.orders_overdue == 2, "one of them objected to, and waiting for the Department"
    assert (summary.cases.open, summary.cases.closed) == (1, 1)
    assert (summary.province, summary.sample) == ("Hải Dương", True)
    assert summary.as_of.isoformat() == "2009-11-10T12:00:00+07:00"


def test_an_empty_register_has_an_empty_summary(desk: Desk) -> None:
    summary = standing(desk)
    assert summary.agents == summary.violations == summary.orders == summary.duties == []
    assert summary.contracts == summary.lines == summary.positions == {}
    assert not summary.sample


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@any_of(chance=st.randoms(use_true_random=False))
def test_any_interleaving_of_streams_with_repetitions_shows_the_same(desk: Desk, chance: random.Random) -> None:
    empty(desk)
    desk.show(bus.messages())
    expected = contents(desk)
    assert all(expected.values())
    empty(desk)
    for batch in shuffled(bus.messages(), chance):
        desk.show(batch)
    assert contents(desk) == expected


def contents(desk: Desk) -> dict[str, list[str]]:
    return {table: sorted(map(repr, desk.rows(f"select * from {table}"))) for table in TABLES}


def empty(desk: Desk) -> None:
    with desk.pool.transaction() as cursor:
        for table in TABLES:
            cursor.execute(f"delete from views_1.{table}")


def shuffled(messages: list[Received[Event]], chance: random.Random) -> list[list[Received[Event]]]:
    """Streams mixed over all topics, each in its own order, in batches of one to six; some batches come twice."""
    waiting: dict[UUID, list[Received[Event]]] = {}
    for one in messages:
        waiting.setdefault(one.envelope.stream_id, []).append(one)
    mixed = []
    while waiting:
        stream = chance.choice(sorted(waiting))
        mixed.append(waiting[stream].pop(0))
        if not waiting[stream]:
            del waiting[stream]
    batches = []
    while mixed:
        size = chance.randint(1, 6)
        batches += [mixed[:size]] * chance.choice((1, 1, 2))
        del mixed[:size]
    return batches


def facts(desk: Desk, limit: str | None = None, **filters: Any) -> list[Any]:
    """Every page of the list."""
    found: list[Any] = []
    cursor = None
    while True:
        page = desk.view(api.list_facts, FactFilter(**filters), limit=limit, cursor=cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", ["1", "7", "200"])
def test_every_fact_is_listed_once_in_the_order_it_became_known(desk: Desk, limit: str) -> None:
    desk.show(bus.messages())
    found = facts(desk, limit)
    assert len(found) == len(bus.messages())
    keys = [(one.sequenced_at, one.source, one.position) for one in found]
    assert keys == sorted(set(keys))


def test_an_officer_of_a_district_sees_the_facts_of_his_district_alone(desk: Desk) -> None:
    desk.show(bus.messages())
    for area, there in (("nam-sach", True), ("chi-linh", True), ("binh-giang", False)):
        own = officer(f"dpc.{area}", "x", "officer", area)
        found = desk.view(api.list_facts, FactFilter(), limit="200", principal=own).items
        assert {one.data["area"] for one in found} == ({area} if there else set())


def test_facts_are_found_by_type_source_stream_and_by_any_id_they_hold(desk: Desk) -> None:
    desk.show(bus.messages())
    assert {one.type for one in facts(desk, source="notify")} == {"notify.webhook-delivered"}
    assert len(facts(desk, type="inspection.violation-found")) == 2
    assert [one.stream_version for one in facts(desk, stream_id=province.CASE)] == [1, 2, 3, 4, 5]
    inside = facts(desk, ref=province.CLAIMED_LINE)
    assert [(one.type, one.stream_id) for one in inside] == [("registry.agent-reported-by-isp", province.THIRD)]
    assert len(facts(desk, correlation_id=province.uid("correlation"))) == len(bus.messages())
    assert facts(desk, ref=uuid4()) == facts(desk, correlation_id=uuid4()) == []


def test_a_fact_keeps_the_very_text_that_was_hashed(desk: Desk) -> None:
    desk.show(bus.messages())
    kept = dict(desk.rows("select event_id, data from fact"))
    assert kept == {one.envelope.event_id: one.envelope.data.decode() for one in bus.messages()}
    shown = facts(desk, stream_id=province.ROUND)[0]
    assert shown.data == json.loads(kept[shown.event_id])


@pytest.mark.clause("HD-2.1d3", "HD-3c4")
def test_a_cases_timeline_holds_what_belongs_to_it_over_all_services(desk: Desk) -> None:
    desk.show(bus.messages())
    timeline = desk.view(api.show_timeline, path={"case_id": province.CASE})
    shown = {one.event_id for one in timeline.facts}
    strangers = {
        one.envelope.type if one.envelope.source == "registry" else one.envelope.stream_id
        for one in bus.messages()
        if one.envelope.event_id not in shown
    }
    assert strangers == {
        province.INSPECTION,  # the other violation alone
        province.uid("case/other"),
        "registry.provider-registered",
        "registry.agent-list-received",
        "registry.agent-reported-by-isp",
        "registry.agent-registered",
        "registry.agent-closed",
        "registry.agency-contract-signed",
        "registry.line-attached",
        "registry.line-cut",  # of an earlier case
        "registry.line-restored",
    }
    of_inspection = [one for one in timeline.facts if one.stream_id == province.INSPECTION]
    assert len(of_inspection) == 5
    assert not any(str(province.OTHER_VIOLATION) in json.dumps(one.data) for one in timeline.facts)
    by_type = {one.type: one.said for one in timeline.facts}
    assert by_type["registry.contract-terminated"].vi == (
        "Hợp đồng đại lý với Công ty NET-A (mẫu) chấm dứt ngày 10/11/2009"
    )
    assert by_type["notify.webhook-delivered"].en == "The message reached Công ty NET-A (mẫu); attempts: 3"
    keys = [(one.sequenced_at, one.source, one.position) for one in timeline.facts]
    assert keys == sorted(keys)


def test_a_case_that_is_not_there_has_no_timeline(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.view(api.show_timeline, path={"case_id": uuid4()})
