"""Who leads, and how the lead changes hands: by the lead rule, in a reasoned decision, also in the middle (HD-2.3d)."""

from contracts.commands.inspection import TransferInspectionLead
from contracts.events.inspection import InspectionLeadTransferred
from contracts.refusals import ReservedToAnother, Said, Spoken
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
    must_be_lead(inspection, by, Said("hand over the lead"))
    if command.to_agency != named.agency:
        raise LeadNotNamed(
            "By {clause} the lead of this inspection belongs to {lead}, not to {agency}.",
            agency=command.to_agency,
            lead=named.agency,
            clause=named.clause,
        )
    if command.to_agency == inspection.lead.agency:
        raise LeadNotNamed(
            "{lead} leads already, by {clause}.",
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


def must_be_lead(inspection: Inspection, agency: str, act: Spoken) -> None:
    """Raises ReservedToAnother naming the lead and its clause."""
    lead = inspection.lead
    if agency != lead.agency:
        raise reserved_to(lead, agency, act)


def must_be_named_by_the_rule(inspection: Inspection, named: Lead, agency: str, act: Spoken) -> None:
    """What was found may have moved the lead: then nobody acts as lead before the decision that hands it over.

    Raises ReservedToAnother to all but the agency the rule names, LeadNotTransferred to that one.
    """
    if named.agency == inspection.lead.agency:
        return
    if agency != named.agency:
        raise reserved_to(named, agency, act)
    raise LeadNotTransferred(
        "By {clause} the lead belongs to {agency}; {lead} must hand it over by a reasoned decision first.",
        agency=named.agency,
        lead=inspection.lead.agency,
        clause=named.clause,
    )


def reserved_to(lead: Lead, agency: str, act: Spoken) -> ReservedToAnother:
    return ReservedToAnother(
        "{agency} may not {act}: that is reserved to {lead} by {clause}.",
        agency=agency,
        act=act,
        lead=lead.agency,
        reserved_to=[lead.agency],
        clause=lead.clause,
    )
