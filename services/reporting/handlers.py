"""What reporting does when asked, and what it does when it hears of something: the tables at the foot say which.

A handler: load with version → decide → answer with what is to be appended.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from chassis.consume.message import Received
from chassis.consume.reactions import Reaction
from chassis.store.commands import Handler
from chassis.store.context import Context
from chassis.store.decision import Change, Decision
from chassis.store.load import Fold
from contracts.commands.reporting import (
    AssignDuties,
    CompileSummary,
    PutInstrumentInForce,
    RecordFilingPart,
    RegisteredCompany,
    ReportDuty,
)
from contracts.envelope import Command, Event
from contracts.events.registry import AgentListReceived, ProviderRegistered
from law.clauses import Company, Law
from services.reporting.domain import duty as duties
from services.reporting.domain import filing as filings
from services.reporting.domain import fulfilment
from services.reporting.domain import instrument as instruments
from services.reporting.domain import summary as summaries
from services.reporting.metrics import GENERATION
from services.reporting.standing import summary

INSTRUMENT = Fold(instruments.CATEGORY, instruments.INITIAL, instruments.evolve)
DUTY = Fold(duties.CATEGORY, duties.INITIAL, duties.evolve)
FILING = Fold(filings.CATEGORY, filings.INITIAL, filings.evolve)

LEGAL_TIME = ZoneInfo("Asia/Ho_Chi_Minh")
BODIES = {"isp": "isp", "telecom": "tel"}
"""The register's kinds of companies, as the law names them."""


@dataclass(frozen=True)
class Regime:
    """The reporting regime (chế độ báo cáo) over the loaded law."""

    law: Law

    def put_instrument_in_force(self, command: PutInstrumentInForce, context: Context) -> Decision:
        """Raises UnknownInstrument, InstrumentNotInForce."""
        stream = instruments.stream_of(context.scope, command.instrument_id)
        found = context.load(INSTRUMENT, stream)
        events = instruments.put_in_force(found.state, self.law, context.scope, command.instrument_id, context.today)
        return _decision([Change(stream, INSTRUMENT.category, found.version, events)])

    def assign_duties(self, command: AssignDuties, context: Context) -> Decision:
        """One append over as many streams as there are new duties."""
        companies = [
            Company(str(one.provider_id), frozenset(BODIES[kind] for kind in one.kinds)) for one in command.companies
        ]
        owed = {duties.duty_id_of(duty.key): duty for duty in self.law.duties(context.scope, command.on_day, companies)}
        found = context.load_many(DUTY, list(owed))
        return _decision(
            Change(stream, DUTY.category, found[stream].version, duties.assign(found[stream].state, self.law, duty))
            for stream, duty in owed.items()
        )

    def report_duty(self, command: ReportDuty, context: Context) -> Decision:
        """Raises UnknownDuty."""
        key = duties.key_of(context.scope, command.clause, command.holder, command.role)
        stream = duties.duty_id_of(key)
        found = context.load(DUTY, stream)
        events = tuple(duties.report(found.state, self.law, context.scope, command))
        return _decision([Change(stream, DUTY.category, found.version, events)])

    def compile_summary(self, command: CompileSummary, context: Context) -> Decision:
        """Raises ReservedToAnother, NotInForce, NoBasis."""
        clause = context.require("report.summarise")
        with GENERATION.labels("summary", "json").time():
            standing = summary(context.query, self.law, context.scope, context.now, context.today)
            compiled = summaries.compile_summary(
                context.new_id("summary"), command.title, context.now, standing.model_dump(mode="json")
            )
        return Decision(
            changes=(Change(compiled.summary_id, summaries.CATEGORY, 0, (compiled,)),),
            response={"summary_id": str(compiled.summary_id), "sha256": compiled.sha256},
            clause=clause,
        )

    def report_duties(self, received: Received[Any], context: Context) -> Iterator[ReportDuty]:
        """A fact that shows that duties were done (domain/fulfilment.py, `fulfilled_by` in the law)."""
        event, envelope = received.event, received.envelope
        done_on = fulfilment.day_of(event, envelope.occurred_at.astimezone(LEGAL_TIME).date())
        for done in fulfilment.fulfilled(self.law, context.scope, event, envelope.metadata.agency, done_on):
            yield ReportDuty(
                clause=done.clause,
                holder=done.holder,
                role=done.role,
                evidence_type=envelope.type,
                evidence_id=envelope.event_id,
                done_on=done_on,
                month=fulfilment.month_of(event, done_on),
            )


def record_filing_part(command: RecordFilingPart, context: Context) -> Decision:
    stream = filings.filing_id_of(command.provider_id, command.month)
    found = context.load(FILING, stream)
    return _decision([Change(stream, FILING.category, found.version, filings.record_part(found.state, command))])


def file_agent_list(received: Received[AgentListReceived], context: Context) -> Iterator[RecordFilingPart]:  # noqa: ARG001
    """HD-3b part 2 came in: the filing refers to the list, it carries no rows."""
    event = received.event
    yield RecordFilingPart(
        provider_id=event.provider_id,
        month=event.month,
        part=filings.AGENT_LIST,
        list_id=event.list_id,
        good=event.good,
        bad=event.bad,
    )


def assign_to_company(received: Received[ProviderRegistered], context: Context) -> Iterator[AssignDuties]:
    event = received.event
    company = RegisteredCompany.model_validate({"provider_id": event.provider_id, "kinds": event.kinds})
    yield AssignDuties(on_day=context.today, companies=(company,))


def _decision(changes: Iterable[Change]) -> Decision:
    """Streams that receive nothing are left alone."""
    kept = tuple(change for change in changes if change.events)
    return Decision(changes=kept, response={"changed": len(kept)})


def commands(law: Law) -> dict[type[Command], Handler]:
    """Which command goes where."""
    regime = Regime(law)
    return {
        PutInstrumentInForce: regime.put_instrument_in_force,
        AssignDuties: regime.assign_duties,
        ReportDuty: regime.report_duty,
        RecordFilingPart: record_filing_part,
        CompileSummary: regime.compile_summary,
    }


def reactions(law: Law) -> dict[type[Event], Reaction]:
    """Which fact, heard on the bus, leads to which commands."""
    regime = Regime(law)
    return {
        ProviderRegistered: assign_to_company,
        AgentListReceived: file_agent_list,
        **dict.fromkeys(fulfilment.EVIDENCE, regime.report_duties),
    }
