"""The reporting regime on a real store: duties of the law in force, what fulfils them, filings, summaries."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.identity.principal import company, officer, service
from contracts.commands.reporting import AssignDuties, CompileSummary, PutInstrumentInForce
from contracts.events.registry import AgentListReceived
from contracts.refusals import NotFound, ReservedToAnother
from law.clauses import Company, load_law
from services.reporting import api, metrics
from services.reporting.views import DutyFilter, FilingFilter
from tests.integration.reporting import bus, province
from tests.integration.reporting.conftest import DIC, Desk
from tests.integration.reporting.province import DAY, ISP, SCOPE, TELECOM

COMPANIES = [Company(str(ISP), frozenset({"isp"})), Company(str(TELECOM), frozenset({"tel"}))]
OF_THE_POLICE = {"hai-duong/HD-2.3b/ppd/A"}
"""For the eyes of the police and the committee alone."""
OF_AGENCIES = {duty.key for duty in load_law().duties(SCOPE, DAY)} - OF_THE_POLICE
OF_ALL = {duty.key for duty in load_law().duties(SCOPE, DAY, COMPANIES)} - OF_THE_POLICE


def duties(desk: Desk, limit: str = "200", **filters: Any) -> list[Any]:
    found: list[Any] = []
    cursor = None
    while True:
        page = desk.view(api.list_duties, DutyFilter(**filters), limit=limit, cursor=cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


def told(desk: Desk) -> None:
    """The law is in force, and everything that happened has been heard of."""
    desk.start()
    desk.hear_own()
    desk.hear(bus.messages())
    desk.hear_own()


@pytest.mark.clause("HD-00b", "HD-7", "LA-11.1")
def test_at_the_start_the_law_in_force_is_registered_and_every_duty_has_its_row(desk: Desk) -> None:
    desk.start()
    desk.hear_own()
    instruments = desk.view(api.list_instruments).items
    assert {one.instrument_id for one in instruments} == {
        one.id.lower() for one in load_law().instruments_in_force(SCOPE, DAY)
    }
    rows = duties(desk)
    assert {one.key for one in rows} == OF_AGENCIES
    assert {one.state for one in rows} == {"assigned"}
    names = {one.holder: one.holder_name.vi for one in rows}
    assert names["dic"] == "Sở Thông tin và Truyền thông Hải Dương"
    assert names["agt"] == "Đại lý Internet"


@pytest.mark.clause("HD-2.3b")
def test_a_duty_that_is_for_named_readers_is_shown_to_them_alone(desk: Desk) -> None:
    desk.start()
    desk.hear_own()
    for agency, shown in (("ppd", OF_THE_POLICE), ("ppc", OF_THE_POLICE), ("dci", set())):
        page = desk.view(api.list_duties, DutyFilter(clause="HD-2.3b"), principal=officer(agency, "x", "officer"))
        assert {one.key for one in page.items} == shown, agency


@pytest.mark.clause("HD-7")
def test_a_second_start_changes_nothing(desk: Desk) -> None:
    desk.start()
    before = desk.rows("select count(*) from event")
    desk.start()
    assert desk.rows("select count(*) from event") == before
    again = [PutInstrumentInForce(instrument_id="hd"), AssignDuties(on_day=DAY)]
    for command in again:
        desk.ask(service("reporting"), command)
    assert desk.rows("select count(*) from event") == before


@pytest.mark.clause("HD-3b", "HD-2.1d3", "HD-3c4")
def test_a_registered_company_receives_what_its_kind_owes(desk: Desk) -> None:
    told(desk)
    assert {one.key for one in duties(desk)} == OF_ALL
    assert {one.clause for one in duties(desk, holder=str(TELECOM))} >= {"HD-3c4", "HD-2.1d2", "HD-3b"}
    assert duties(desk, holder=str(ISP))[0].holder_name.vi == "Công ty NET-A (mẫu)"


@pytest.mark.clause("HD-7")
def test_what_was_done_shows_in_the_duties_that_it_fulfils(desk: Desk) -> None:
    told(desk)
    reported = {(one.clause, one.holder, one.role): one.last_month for one in duties(desk, state="reported")}
    assert reported == {
        ("HD-2.1d1", "dic", "L"): "2009-11",
        ("HD-2.1d1", "sectors", "C"): "2009-11",
        ("HD-2.3c1", "ppd", "C"): "2009-11",
        ("HD-2.1d3", str(ISP), "O"): "2009-11",
        ("HD-3a", str(ISP), "O"): "2009-11",
        ("HD-3a", str(TELECOM), "O"): "2009-11",
        ("HD-3b", str(ISP), "O"): "2009-10",
        ("HD-3c4", str(TELECOM), "C"): "2009-11",
        ("HD-5b", "agt", "O"): "2009-11",
    }


@pytest.mark.clause("HD-7")
def test_the_same_facts_in_any_order_and_twice_fulfil_the_same(desk: Desk) -> None:
    desk.hear(list(reversed(bus.messages())))
    desk.hear_own()
    desk.hear(bus.messages())
    desk.hear_own()
    backwards = {one.key: one.state for one in duties(desk)}
    desk.start()
    desk.hear_own()
    assert {one.key for one in duties(desk)} == OF_ALL
    assert {key for key, state in backwards.items() if state == "reported"} == {
        one.key for one in duties(desk, state="reported")
    }
    per_month = "select duty_id, month, count(*) from duty_report group by 1, 2 having count(*) > 1"
    assert desk.rows(per_month) == []


@pytest.mark.clause("HD-3b")
def test_a_company_that_files_nothing_is_overdue_from_the_tenth(desk: Desk) -> None:
    told(desk)
    assert duties(desk, state="overdue") == []
    desk.wall.moment = datetime(2009, 12, 9, 16, 59, tzinfo=UTC)
    assert "HD-3b" not in {one.clause for one in duties(desk, state="overdue")}
    desk.wall.moment = datetime(2009, 12, 9, 17, tzinfo=UTC)
    overdue = duties(desk, clause="HD-3b", state="overdue")
    assert {one.holder for one in overdue} == {str(ISP), str(TELECOM)}

    november = AgentListReceived(
        list_id=uuid4(), provider_id=ISP, month="2009-11", sha256="1" * 64, good=3, bad=0, duplicates=0
    )
    desk.hear([bus.message("registry", november.list_id, 1, november, 900)])
    desk.hear_own()
    assert {one.holder for one in duties(desk, clause="HD-3b", state="overdue")} == {str(TELECOM)}


@pytest.mark.clause("HD-7")
def test_the_departments_own_quarterly_report_is_overdue_until_it_is_made(desk: Desk) -> None:
    told(desk)
    desk.wall.moment = datetime(2009, 12, 31, 16, 59, tzinfo=UTC)
    assert [one.state for one in duties(desk, clause="HD-7", holder="dic")] == ["assigned"]
    desk.wall.moment = datetime(2009, 12, 31, 17, tzinfo=UTC)
    assert [one.state for one in duties(desk, clause="HD-7", holder="dic")] == ["overdue"]
    with desk.pool.transaction(read_only=True) as cursor:
        metrics.refresh(cursor, load_law(), SCOPE, desk.clocks.calendar.today(desk.wall.moment))
    shown = {sample.labels["state"]: sample.value for sample in next(iter(metrics.DUTIES.collect())).samples}
    assert shown["overdue"] == len(duties(desk, state="overdue")) > 0
    assert sum(shown.values()) == len(OF_ALL)


@pytest.mark.clause("HD-7")
def test_duties_narrow_and_go_on_by_cursor(desk: Desk) -> None:
    desk.start()
    desk.hear_own()
    assert [one.key for one in duties(desk, limit="7")] == sorted(OF_AGENCIES)
    assert {one.holder for one in duties(desk, holder="dic")} == {"dic"}
    assert duties(desk, state="reported") == duties(desk, holder="nobody") == []


@pytest.mark.clause("HD-3b")
def test_a_filing_shows_the_list_that_counts_and_a_company_sees_its_own(desk: Desk) -> None:
    told(desk)
    listed = desk.view(api.list_filings, FilingFilter(provider_id=ISP, month="2009-10")).items
    assert [(one.list_id, one.part, one.good, one.bad) for one in listed] == [(province.LIST, "agent-list", 3, 1)]
    later = AgentListReceived(
        list_id=uuid4(), provider_id=ISP, month="2009-10", sha256="1" * 64, good=4, bad=0, duplicates=0
    )
    desk.hear([bus.message("registry", later.list_id, 1, later, 900)])
    desk.hear_own()
    corrected = desk.view(api.list_filings, FilingFilter()).items
    assert [(one.list_id, one.good, one.provider_name) for one in corrected] == [
        (later.list_id, 4, "Công ty NET-A (mẫu)")
    ]
    foreign = desk.view(api.list_filings, FilingFilter(provider_id=ISP), principal=company(TELECOM))
    assert foreign.items == ()


@pytest.mark.clause("HD-7")
def test_a_summary_is_kept_byte_for_byte_and_fulfils_the_duty_to_report(desk: Desk) -> None:
    told(desk)
    made = desk.ask(DIC, CompileSummary(title="Báo cáo tháng 11")).response
    desk.hear_own()
    path = {"summary_id": UUID(made["summary_id"])}
    kept = desk.view(api.show_summary, path=path)
    assert kept.media_type == "application/json"
    assert hashlib.sha256(kept.content).hexdigest() == made["sha256"]
    content = json.loads(kept.content)
    assert content["orders_overdue"] == 2
    assert content["as_of"] == "2009-11-10T12:00:00+07:00"
    page = desk.view(api.show_summary, media_type="text/html", path=path)
    assert page.media_type == "text/html"
    assert made["sha256"] in page.content.decode()
    assert "Huyện Nam Sách" in page.content.decode()
    assert [one.state for one in duties(desk, clause="HD-7", holder="dic")] == ["reported"]

    desk.ask(DIC, CompileSummary(title="Báo cáo lần hai"))
    desk.hear_own()
    assert desk.view(api.show_summary, path=path).content == kept.content
    listed = desk.view(api.list_summaries, limit="1")
    rest = desk.view(api.list_summaries, limit="1", cursor=listed.next_cursor)
    assert {one.title for one in (*listed.items, *rest.items)} == {"Báo cáo tháng 11", "Báo cáo lần hai"}


@pytest.mark.clause("HD-7")
def test_to_summarise_is_the_departments_power(desk: Desk) -> None:
    with pytest.raises(ReservedToAnother) as refused:
        desk.ask(officer("ppd", "b", "officer"), CompileSummary(title="Báo cáo"))
    assert (refused.value.members["reserved_to"], refused.value.members["clause"]) == (["dic"], "HD-7")
    assert desk.rows("select count(*) from event") == [(0,)]


@pytest.mark.clause("HD-3b")
def test_a_clause_shows_its_text_its_holders_and_its_duties(desk: Desk) -> None:
    told(desk)
    shown = desk.view(api.show_clause, path={"clause": "HD-3b"})
    assert shown.text.startswith("Hàng tháng báo cáo Sở Thông tin và Truyền thông")
    assert [(one.body, one.role, one.kind) for one in shown.holders] == [("isp", "O", "duty"), ("tel", "O", "duty")]
    assert {one.holder for one in shown.duties} == {str(ISP), str(TELECOM)}
    assert "reporting.filing-submitted" in shown.fulfilled_by
    with pytest.raises(NotFound):
        desk.view(api.show_clause, path={"clause": "HD-9"})


def test_what_is_not_there_is_said_to_be_absent(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.view(api.show_summary, path={"summary_id": uuid4()})
