"""Who leads, and how the lead changes hands: by the lead rule, in a reasoned decision, also in the middle (HD-2.3d)."""

from contracts.commands.inspection import TransferInspectionLead
from contracts.events.inspection import InspectionLeadTransferred
from contracts.refusals import ReservedToAnother
from services.inspection.domain.errors import LeadNotNamed, LeadNotTransferred, WrongStage
from services.inspection.domain.inspection import Inspection, Lead, Stage, must_exist


def transfer(
    inspection: Inspection, command: TransferInspectionLead, *, by: str, named: Lead
) -> InspectionLeadTransferred:
    """The agency that leads hands over to the one that the rule names for what was found.

    Raises UnknownInspection, WrongStage, ReservedToAnother, LeadNotNamed.
    """
    must_exist(inspection, command.inspection_id)
    if inspection.stage is Stage.CONCLUDED:
        raise WrongStage("This inspection is concluded; nobody leads it any more.", stage=inspection.stage)
    must_be_lead(inspection, by, "hand over the lead")
    if command.to_agency != named.agency:
        raise LeadNotNamed(
            f"By {named.clause} the lead of this inspection belongs to {named.agency}, not to {command.to_agency}.",
            lead=named.agency,
            clause=named.clause,
        )
    if command.to_agency == inspection.lead.agency:
        raise LeadNotNamed(
            f"{named.agency} leads already, by {inspection.lead.clause}.",
            lead=inspection.lead.agency,
            clause=inspection.lead.clause,
        )
    return InspectionLeadTransferred(
        inspection_id=command.inspection_id,
        from_agency=inspection.lead.agency,
        to_agency=command.to_agency,
        clause=named.clause,
        reason=command.reason,
    )


def must_be_lead(inspection: Inspection, agency: str, act: str) -> None:
    """Raises ReservedToAnother naming the lead and its clause."""
    lead = inspection.lead
    if agency != lead.agency:
        raise reserved_to(lead, agency, act)


def must_be_named_by_the_rule(inspection: Inspection, named: Lead, agency: str, act: str) -> None:
    """What was found may have moved the lead: then nobody acts as lead before the decision that hands it over.

    Raises ReservedToAnother to all but the agency the rule names, LeadNotTransferred to that one.
    """
    if named.agency == inspection.lead.agency:
        return
    if agency != named.agency:
        raise reserved_to(named, agency, act)
    raise LeadNotTransferred(
        f"By {named.clause} the lead belongs to {named.agency}; {inspection.lead.agency} must hand it over "
        "by a reasoned decision first.",
        lead=inspection.lead.agency,
        clause=named.clause,
    )


def reserved_to(lead: Lead, agency: str, act: str) -> ReservedToAnother:
    return ReservedToAnother(
        f"{agency} may not {act}: that is reserved to {lead.agency} by {lead.clause}.",
        reserved_to=[lead.agency],
        clause=lead.clause,
    )
