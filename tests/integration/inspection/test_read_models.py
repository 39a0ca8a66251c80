"""What lists and details show follows from the facts alone, in whatever order streams come and however often."""

import random
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from chassis.consume.message import Received
from chassis.identity.principal import officer
from chassis.web.pages import requested
from chassis.web.routes import Query
from contracts.commands.inspection import (
    DeclineInvitation,
    InviteTeamMember,
    SignMinutes,
    TransferInspectionLead,
)
from contracts.envelope import Event
from contracts.events.registry import AgentReportedByIsp
from contracts.refusals import NotFound
from services.inspection import api
from services.inspection.views import InspectionFilter, ProgrammeFilter, ViolationFilter
from tests.integration.inspection.conftest import DCST, DIC, NOON, PPD, SCOPE, TODAY, Desk, agent, foreign
from tests.integration.inspection.steps import conclude, planned, planning, recording, running

TABLES = ("programme_file", "programme_item", "inspection_file", "team_member", "violation_file", "inspection_step")
"""Those that this service's own streams move."""


def asked(filters: Any = None, limit: str | None = None, cursor: str | None = None, path: Any = None) -> Query:
    page = requested(limit, cursor, "a-list")
    return Query(officer("dic", "a", "officer"), path or {}, filters, page, SCOPE, NOON, TODAY)


def ask(desk: Desk, function: Any, query: Query) -> Any:
    with desk.pool.transaction(read_only=True) as cursor:
        return function(cursor, query)


def two_inspections(desk: Desk) -> tuple[str, str]:
    """One that runs to its conclusion with a breach of information-security law, one that is only planned."""
    first = running(desk)
    desk.ask(DIC, InviteTeamMember(inspection_id=first, agency="dcst"))
    desk.ask(DCST, DeclineInvitation(inspection_id=first, reason="Trùng lịch công tác"))
    desk.ask(PPD, recording(first))
    desk.ask(DIC, recording(first, "information-security-breach", "HD-5c"))
    desk.ask(DIC, TransferInspectionLead(inspection_id=first, to_agency="ppd", reason="An ninh thông tin"))
    desk.ask(PPD, SignMinutes(inspection_id=first, number="07/BB-KT", signed_on=TODAY))
    desk.ask(PPD, conclude(first))
    return str(first), planned(desk)["inspection_id"]


@pytest.mark.clause("HD-2.1d1", "HD-2.3d")
def test_the_detail_shows_team_findings_and_course(desk: Desk) -> None:
    first, _ = two_inspections(desk)
    desk.show()
    shown = ask(desk, api.show_inspection, asked(path={"inspection_id": first}))
    assert (shown.state, shown.lead, shown.lead_clause) == ("concluded", "ppd", "HD-2.3d")
    assert (shown.target_name, shown.target_confirmed) == ("Đại lý Minh Anh", True)
    assert (shown.violations, shown.information_security) == (2, True)
    assert [(one.agency, one.answer, one.clause) for one in shown.team] == [
        ("dcst", "declined", "HD-2.2"),
        ("dic", "joined", "HD-2.3d"),
    ]
    assert [(one.found_by, one.empowered_by, one.provision) for one in shown.found] == [
        ("ppd", "HD-2.3c1", "HD-5b"),
        ("dic", "HD-2.1d1", "HD-5c"),
    ]
    assert [one.what for one in shown.timeline] == [
        "visit planned for 2009-11-10 in nam-sach (kiem-tra)",
        "dic leads by HD-2.1d1",
        "ppd invited by HD-2.3c1",
        "ppd joins the team with 2 officer(s)",
        "the team is at the place on 2009-11-10",
        "dcst invited by HD-2.2",
        "dcst does not join: Trùng lịch công tác",
        "ppd found agent-without-contract, a breach of HD-5b, by HD-2.3c1",
        "dic found information-security-breach, a breach of HD-5c, by HD-2.1d1",
        "dic handed the lead to ppd by HD-2.3d: An ninh thông tin",
        "minutes 07/BB-KT signed on 2009-11-10",
        "ppd concluded the inspection with 2 violation(s)",
    ]
    assert shown.version == len(shown.timeline)


def test_lists_narrow_by_state_area_and_days_and_go_on_by_cursor(desk: Desk) -> None:
    first, second = two_inspections(desk)
    desk.show()

    def ids(**filters: Any) -> set[str]:
        page = ask(desk, api.list_inspections, asked(InspectionFilter(**filters)))
        return {str(one.inspection_id) for one in page.items}

    assert ids() == {first, second}
    assert ids(state="concluded") == {first}
    assert ids(area="chi-linh") == set()
    assert ids(**{"from": date(2009, 11, 10), "to": date(2009, 11, 10)}) == {first, second}
    assert ids(**{"from": date(2009, 11, 11)}) == ids(to=date(2009, 11, 9)) == set()
    assert ids(lead="ppd") == {first}

    page = ask(desk, api.list_inspections, asked(InspectionFilter(), limit="1"))
    rest = ask(desk, api.list_inspections, asked(InspectionFilter(), limit="1", cursor=page.next_cursor))
    assert {str(one.inspection_id) for one in (*page.items, *rest.items)} == {first, second}
    assert rest.next_cursor is None


def test_violations_narrow_by_provision_and_finder(desk: Desk) -> None:
    two_inspections(desk)
    desk.show()
    by_police = ask(desk, api.list_violations, asked(ViolationFilter(found_by="ppd"))).items
    assert [one.provision for one in by_police] == ["HD-5b"]
    first = ask(desk, api.list_violations, asked(ViolationFilter(), limit="1"))
    rest = ask(desk, api.list_violations, asked(ViolationFilter(), limit="1", cursor=first.next_cursor))
    assert {one.provision for one in (*first.items, *rest.items)} == {"HD-5b", "HD-5c"}


@pytest.mark.clause("HD-2.6b")
def test_a_programme_shows_how_far_it_has_come_and_what_it_did_not_foresee(desk: Desk) -> None:
    elsewhere = uuid4()
    first, _ = two_inspections(desk)
    desk.show()
    desk.register(agent(elsewhere, area="chi-linh"))
    programme_id = ask(desk, api.show_inspection, asked(path={"inspection_id": first})).programme_id
    desk.ask(DIC, planning(programme_id, elsewhere))
    desk.show()
    shown = ask(desk, api.show_programme, asked(path={"programme_id": programme_id}))
    assert shown.state == "approved"
    assert [tuple(one.model_dump().values()) for one in shown.progress] == [
        ("chi-linh", 4, 0, 1, 0),
        ("nam-sach", 4, 3, 1, 1),
    ]
    drafts = ask(desk, api.list_programmes, asked(ProgrammeFilter(state="draft")))
    assert drafts.items == ()


@pytest.mark.parametrize(
    ("show", "path"), [(api.show_inspection, "inspection_id"), (api.show_programme, "programme_id")]
)
def test_what_is_not_there_is_said_to_be_absent(desk: Desk, show: Any, path: str) -> None:
    with pytest.raises(NotFound):
        ask(desk, show, asked(path={path: uuid4()}))


@pytest.mark.clause("HD-3b")
def test_a_companys_claim_serves_until_an_officer_confirmed_the_agent(desk: Desk) -> None:
    agent_id = uuid4()
    claim = AgentReportedByIsp(
        agent_id=agent_id, provider_id=uuid4(), list_id=uuid4(), month="2009-10", row=3, name="Net Minh Anh",
        owner_name="Nguyễn Văn Minh", business_certificate_number=None, address="Nam Sách", area="chi-linh",
        contract_id=uuid4(), contract_number="HĐ-1", contract_signed_on=None, lines=(),
    )  # fmt: skip
    target = "select coalesce(name, claimed_name), coalesce(area, claimed_area), name is not null from target"
    desk.show([foreign(claim, 1)])
    assert desk.rows(target) == [("Net Minh Anh", "chi-linh", False)]
    desk.show([foreign(agent(agent_id), 2)])
    desk.show([foreign(claim.model_copy(update={"name": "Net Khác"}), 3)])
    assert desk.rows(target) == [("Đại lý Minh Anh", "nam-sach", True)]


def test_any_interleaving_of_streams_with_repetitions_shows_the_same(desk: Desk) -> None:
    two_inspections(desk)
    log = desk.log()
    desk.show(log)
    expected = contents(desk)
    assert all(expected.values())
    for seed in range(20):
        chance = random.Random(seed)
        empty(desk)
        for batch in shuffled(log, chance):
            desk.show(batch)
        assert contents(desk) == expected, f"seed {seed}"


def contents(desk: Desk) -> dict[str, list[str]]:
    return {table: sorted(map(repr, desk.rows(f"select * from {table}"))) for table in TABLES}


def shuffled(log: list[Received[Event]], chance: random.Random) -> list[list[Received[Event]]]:
    """Streams mixed, each in its own order, in batches of one to five; some batches come twice."""
    waiting: dict[Any, list[Received[Event]]] = {}
    for one in log:
        waiting.setdefault(one.envelope.stream_id, []).append(one)
    mixed = []
    while waiting:
        stream = chance.choice(sorted(waiting))
        mixed.append(waiting[stream].pop(0))
        if not waiting[stream]:
            del waiting[stream]
    batches = []
    while mixed:
        size = chance.randint(1, 5)
        batches.append(mixed[:size])
        if chance.random() < 0.3:
            batches.append(mixed[:size])
        del mixed[:size]
    return batches


def empty(desk: Desk) -> None:
    with desk.pool.transaction() as cursor:
        for table in TABLES:
            cursor.execute(f"delete from views_1.{table}")
