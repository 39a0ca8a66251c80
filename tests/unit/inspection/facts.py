"""Facts of one inspection, and the two specifications that read them."""

from datetime import date
from uuid import UUID, uuid5

from contracts.envelope import PHOIHOP
from contracts.events.inspection import (
    InspectionConcluded,
    InspectionLeadAssigned,
    InspectionLeadTransferred,
    InspectionPlanned,
    InspectionStarted,
    MinutesSigned,
    ProgrammeApproved,
    ProgrammeDrafted,
    ProgrammeItem,
    ProgrammeSubmitted,
    TeamMemberConfirmed,
    TeamMemberDeclined,
    TeamMemberInvited,
    ViolationFound,
)
from services.inspection.domain import inspection, programme
from services.inspection.domain.inspection import Lead
from tests.support.specification import Specification

SCOPE = "hai-duong"
TODAY = date(2009, 11, 10)
TOMORROW = date(2009, 11, 11)
STARTED = date(2009, 11, 5)
BEFORE = date(2009, 11, 4)


def uid(label: str) -> UUID:
    return uuid5(PHOIHOP, f"test/inspection/{label}")


PROGRAMME, INSPECTION, TARGET, VIOLATION = (uid(name) for name in ("programme", "inspection", "agent", "violation"))
DIC, PPD = Lead("dic", "HD-2.1d1"), Lead("ppd", "HD-2.3d")

of_programme = Specification(programme.INITIAL, programme.evolve)
of_inspection = Specification(inspection.INITIAL, inspection.evolve)

drafted = ProgrammeDrafted(
    programme_id=PROGRAMME,
    title="Kế hoạch thanh tra, kiểm tra quý IV",
    year=2009,
    items=(ProgrammeItem(area="nam-sach", quarter=4, visits=3),),
)
submitted = ProgrammeSubmitted(programme_id=PROGRAMME, letter_number="21/TTr-STTTT")
approved = ProgrammeApproved(programme_id=PROGRAMME, decision_number="310/QĐ-UBND", decided_on=date(2009, 10, 1))

planned = InspectionPlanned(
    inspection_id=INSPECTION,
    programme_id=PROGRAMME,
    form="kiem-tra",
    target_kind="agent",
    target_id=TARGET,
    area="nam-sach",
    planned_on=STARTED,
)
lead_assigned = InspectionLeadAssigned(inspection_id=INSPECTION, agency="dic", clause="HD-2.1d1")
started = InspectionStarted(inspection_id=INSPECTION, started_on=STARTED)
minutes = MinutesSigned(inspection_id=INSPECTION, number="07/BB-KT", signed_on=date(2009, 11, 6))
handed_over = InspectionLeadTransferred(
    inspection_id=INSPECTION,
    from_agency="dic",
    to_agency="ppd",
    clause="HD-2.3d",
    reason="Phát hiện hành vi vi phạm quy định về an ninh thông tin.",
)


def invited(agency: str, clause: str) -> TeamMemberInvited:
    return TeamMemberInvited(inspection_id=INSPECTION, agency=agency, clause=clause)


def joined(agency: str, officers: int = 2) -> TeamMemberConfirmed:
    return TeamMemberConfirmed(inspection_id=INSPECTION, agency=agency, officers=officers)


def declined(agency: str) -> TeamMemberDeclined:
    return TeamMemberDeclined(inspection_id=INSPECTION, agency=agency, reason="Trùng lịch công tác")


def found(by: str, empowered_by: str, *, information_security: bool = False) -> ViolationFound:
    return ViolationFound(
        violation_id=VIOLATION,
        inspection_id=INSPECTION,
        target_kind="agent",
        target_id=TARGET,
        area="nam-sach",
        category="information-security-breach" if information_security else "agent-without-contract",
        provision="HD-5c" if information_security else "HD-5b",
        empowered_by=empowered_by,
        information_security=information_security,
        found_by=by,
        found_on=STARTED,
        description="Không có hợp đồng đại lý còn hiệu lực.",
    )


PLANNED = (planned, lead_assigned)
RUNNING = (*PLANNED, invited("ppd", "HD-2.3c1"), joined("ppd"), started)


def concluded(lead: str, agencies: tuple[str, ...], violations: int) -> InspectionConcluded:
    return InspectionConcluded(
        inspection_id=INSPECTION,
        target_kind="agent",
        target_id=TARGET,
        area="nam-sach",
        lead=lead,
        agencies=agencies,
        violations=violations,
        concluded_on=date(2009, 11, 7),
    )
