"""The HTTP doors of inspection. Officers of agencies come through here; their own systems come over Kafka."""

from chassis.web.routes import Page, Query, Routes
from contracts.commands.inspection import (
    AcceptInvitation,
    ApproveProgramme,
    ConcludeInspection,
    DeclineInvitation,
    DraftProgramme,
    InviteTeamMember,
    PlanInspection,
    RecordViolation,
    SignMinutes,
    StartInspection,
    SubmitProgramme,
    TransferInspectionLead,
)
from contracts.sql import Cursor
from services.inspection.domain.errors import UnknownInspection, UnknownProgramme
from services.inspection.projections import inspections, programmes, timeline, violations
from services.inspection.views import (
    InspectionCreated,
    InspectionDetail,
    InspectionFilter,
    InspectionMoved,
    InspectionView,
    ProgrammeCreated,
    ProgrammeDetail,
    ProgrammeFilter,
    ProgrammeMoved,
    ProgrammeView,
    ViolationFilter,
    ViolationRecorded,
    ViolationView,
)


def list_programmes(cursor: Cursor, query: Query) -> Page[ProgrammeView]:
    rows = programmes.listed(cursor, query.filters.model_dump(), after=query.page.after, fetch=query.page.fetch)
    return Page.of(
        [ProgrammeView(**row) for row in rows],
        query.page,
        key=lambda row: [row.drafted_at.isoformat(), str(row.programme_id)],
    )


def show_programme(cursor: Cursor, query: Query) -> ProgrammeDetail:
    programme_id = query.path["programme_id"]
    row = programmes.one(cursor, programme_id)
    if row is None:
        raise UnknownProgramme("There is no inspection programme {programme_id}.", programme_id=programme_id)
    return ProgrammeDetail(**row, progress=programmes.progress(cursor, programme_id))


def list_inspections(cursor: Cursor, query: Query) -> Page[InspectionView]:
    rows = inspections.listed(cursor, query.filters.model_dump(), after=query.page.after, fetch=query.page.fetch)
    return Page.of(
        [InspectionView(**row) for row in rows],
        query.page,
        key=lambda row: [row.planned_on.isoformat(), str(row.inspection_id)],
    )


def show_inspection(cursor: Cursor, query: Query) -> InspectionDetail:
    inspection_id = query.path["inspection_id"]
    row = inspections.one(cursor, inspection_id)
    if row is None:
        raise UnknownInspection("There is no inspection {inspection_id}.", inspection_id=inspection_id)
    return InspectionDetail(
        **row,
        team=inspections.team(cursor, inspection_id),
        found=violations.of_inspection(cursor, inspection_id),
        timeline=timeline.of_inspection(cursor, inspection_id),
    )


def list_violations(cursor: Cursor, query: Query) -> Page[ViolationView]:
    rows = violations.listed(cursor, query.filters.model_dump(), after=query.page.after, fetch=query.page.fetch)
    return Page.of(
        [ViolationView(**row) for row in rows],
        query.page,
        key=lambda row: [row.found_on.isoformat(), str(row.violation_id)],
    )


routes = Routes("inspection")

PROGRAMME = "/programmes/{programme_id}"
INSPECTION = "/inspections/{inspection_id}"

routes.command("POST", "/programmes", DraftProgramme, status=201, answers=ProgrammeCreated, summary="Draft a programme")
routes.command(
    "POST",
    f"{PROGRAMME}/submission",
    SubmitProgramme,
    answers=ProgrammeMoved,
    summary="Lay a draft before the committee",
)
routes.command(
    "POST",
    f"{PROGRAMME}/approval",
    ApproveProgramme,
    answers=ProgrammeMoved,
    clause="HD-2.6b",
    summary="Approve a programme: the provincial People's Committee alone",
)
routes.query(
    "GET",
    "/programmes",
    list_programmes,
    filters=ProgrammeFilter,
    answers=Page[ProgrammeView],
    after=True,
    summary="Programmes, the newest first",
)
routes.query(
    "GET", PROGRAMME, show_programme, answers=ProgrammeDetail, after=True, summary="A programme and how far it has come"
)

routes.command(
    "POST",
    "/inspections",
    PlanInspection,
    status=201,
    answers=InspectionCreated,
    clause="HD-2.1d1",
    summary="Plan a visit under an approved programme; the answer says who leads",
)
routes.command(
    "POST", f"{INSPECTION}/invitations", InviteTeamMember, answers=InspectionMoved, summary="Ask an agency to join"
)
routes.command(
    "POST",
    f"{INSPECTION}/acceptance",
    AcceptInvitation,
    answers=InspectionMoved,
    summary="Join the team, for one's own agency",
)
routes.command(
    "POST",
    f"{INSPECTION}/refusal",
    DeclineInvitation,
    answers=InspectionMoved,
    summary="Decline to join, for one's own agency",
)
routes.command("POST", f"{INSPECTION}/start", StartInspection, answers=InspectionMoved, summary="Begin the visit")
routes.command(
    "POST",
    f"{INSPECTION}/violations",
    RecordViolation,
    status=201,
    answers=ViolationRecorded,
    summary="Enter a breach that the own agency found",
)
routes.command(
    "POST", f"{INSPECTION}/minutes", SignMinutes, answers=InspectionMoved, summary="Enter the signed minutes"
)
routes.command(
    "POST",
    f"{INSPECTION}/lead-transfer",
    TransferInspectionLead,
    answers=InspectionMoved,
    clause="HD-2.3d",
    summary="Hand the lead over by a reasoned decision",
)
routes.command(
    "POST",
    f"{INSPECTION}/conclusion",
    ConcludeInspection,
    answers=InspectionMoved,
    clause="HD-2.1d1",
    summary="End the inspection: the leading agency's decision",
)
routes.query(
    "GET",
    "/inspections",
    list_inspections,
    filters=InspectionFilter,
    answers=Page[InspectionView],
    after=True,
    summary="Inspections, the latest planned first",
)
routes.query(
    "GET",
    INSPECTION,
    show_inspection,
    answers=InspectionDetail,
    after=True,
    summary="An inspection with its team, what was found, and its course",
)
routes.query(
    "GET",
    "/violations",
    list_violations,
    filters=ViolationFilter,
    answers=Page[ViolationView],
    after=True,
    summary="Violations, the latest found first",
)
