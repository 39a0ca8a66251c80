"""How inspection says no, beyond `contracts.refusals`.

Refusal
├── UnknownProgramme, UnknownInspection, UnknownTarget  404
├── NotInTeam                                           403  only members of the team record violations
├── ProgrammeNotApproved                                409  an unapproved programme allows no visit (HD-2.6b)
├── ProgrammeNotSubmitted, ProgrammeAlreadyPast         409  the steps of a programme have an order
├── OutsideProgramme                                    409  the visit is not of the programme's year
├── NotInvited, InvitationAnswered, AlreadyInTeam       409  only invited agencies answer, and once
├── WrongStage, MinutesMissing                          409  the steps of an inspection have an order
├── LeadNotNamed, LeadNotTransferred                    409  the lead rule names another, or its decision is missing
└── FutureDate, DateTooEarly, Unknown{Area, Agency, Category, Provision}  422
"""

from datetime import date

from contracts.refusals import NotFound, Refusal, Spoken


class UnknownProgramme(NotFound, code="unknown-programme", status=404, title="There is no such programme"): ...


class UnknownInspection(NotFound, code="unknown-inspection", status=404, title="There is no such inspection"): ...


class UnknownTarget(NotFound, code="unknown-target", status=404, title="There is no such target"): ...


class NotInTeam(Refusal, code="not-in-team", status=403, title="Only members of the team may do this"): ...


class ProgrammeNotApproved(
    Refusal, code="programme-not-approved", status=409, title="The programme is not approved"
): ...


class ProgrammeNotSubmitted(
    Refusal, code="programme-not-submitted", status=409, title="The programme does not lie before the committee"
): ...


class ProgrammeAlreadyPast(
    Refusal, code="programme-already-past", status=409, title="The programme is past this step"
): ...


class OutsideProgramme(
    Refusal, code="outside-programme", status=409, title="The programme does not cover this visit"
): ...


class NotInvited(Refusal, code="not-invited", status=409, title="This agency was not invited"): ...


class InvitationAnswered(
    Refusal, code="invitation-answered", status=409, title="The invitation was answered already"
): ...


class AlreadyInTeam(Refusal, code="already-in-team", status=409, title="This agency needs no invitation"): ...


class WrongStage(Refusal, code="wrong-stage", status=409, title="The inspection is not at that point"): ...


class MinutesMissing(Refusal, code="minutes-missing", status=409, title="The minutes are not signed"): ...


class LeadNotNamed(Refusal, code="lead-not-named", status=409, title="The lead rule does not name this agency"): ...


class LeadNotTransferred(
    Refusal, code="lead-not-transferred", status=409, title="The decision that hands the lead over is missing"
): ...


class FutureDate(Refusal, code="future-date", status=422, title="The date lies in the future"): ...


class DateTooEarly(Refusal, code="date-too-early", status=422, title="The date is too early"): ...


class UnknownArea(Refusal, code="unknown-area", status=422, title="There is no such area in the province"): ...


class UnknownAgency(Refusal, code="unknown-agency", status=422, title="There is no such agency in the province"): ...


class UnknownCategory(Refusal, code="unknown-category", status=422, title="There is no such category"): ...


class UnknownProvision(Refusal, code="unknown-provision", status=422, title="There is no such provision"): ...


def must_not_be_future(field: str, day: date, today: date) -> None:
    """Raises FutureDate. `today` is the calendar's day in Vietnam when the command came."""
    if day > today:
        raise FutureDate(
            "{field} is {day}, but today is {today}.", day=day.isoformat(), field=field, today=today.isoformat()
        )


def must_not_precede(field: str, day: date, earliest: date, what: Spoken) -> None:
    """Raises DateTooEarly. `what` says what happened on `earliest`: `Said("the start of the inspection")`."""
    if day < earliest:
        raise DateTooEarly(
            "{field} is {day}, before {what} on {earliest}.",
            day=day.isoformat(),
            what=what,
            field=field,
            earliest=earliest.isoformat(),
        )
