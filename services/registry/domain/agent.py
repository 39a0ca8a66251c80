"""An Internet agent (đại lý Internet) with its agency contracts (hợp đồng đại lý, HD-5b).

A company's list makes an agent *reported* and its contract *claimed*: usable for inspections and orders, shown as
unconfirmed (requirements §2.12). An officer's act makes them *registered* and *signed*.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from contracts.commands.registry import CloseAgent, ListedAgent, RegisterAgent, SignAgencyContract, TerminateContract
from contracts.envelope import Event
from contracts.events.registry import (
    AgencyContractSigned,
    AgentClosed,
    AgentRegistered,
    AgentReportedByIsp,
    ContractTerminated,
    ReportedLine,
)
from contracts.refusals import Said
from services.registry.domain.errors import (
    AgentAlreadyRegistered,
    AgentIsClosed,
    AgentNotConfirmed,
    AgentNotFound,
    ContractAlreadyInForce,
    ContractIsTerminated,
    ContractNotFound,
    DateInFuture,
    UnknownArea,
)

CATEGORY = "agent"


class Status(StrEnum):
    UNKNOWN = "unknown"
    REPORTED = "reported"
    REGISTERED = "registered"
    CLOSED = "closed"


class ContractState(StrEnum):
    CLAIMED = "claimed"
    SIGNED = "signed"
    TERMINATED = "terminated"


@dataclass(frozen=True, slots=True)
class Contract:
    provider_id: UUID
    number: str
    state: ContractState


@dataclass(frozen=True, slots=True)
class Agent:
    status: Status = Status.UNKNOWN
    area: str | None = None
    contracts: Mapping[UUID, Contract] = field(default_factory=dict)
    reported_lines: frozenset[UUID] = frozenset()
    """Lines that some company's list names for this agent."""

    def signed_with(self, provider_id: UUID) -> Contract | None:
        """The contract in force with this company, as an officer confirmed it."""
        live = (c for c in self.contracts.values() if c.provider_id == provider_id)
        return next((c for c in live if c.state is ContractState.SIGNED), None)


@dataclass(frozen=True, slots=True)
class Filing:
    """The list that a reported row stands in."""

    list_id: UUID
    provider_id: UUID
    month: str


def report_agent(
    agent_id: UUID, contract_id: UUID, lines: tuple[ReportedLine, ...], row: ListedAgent, filing: Filing
) -> AgentReportedByIsp:
    """What a company's list says of an agent (HD-3b): a claim, taken whatever stands in the register already."""
    return AgentReportedByIsp(
        agent_id=agent_id,
        provider_id=filing.provider_id,
        list_id=filing.list_id,
        month=filing.month,
        row=row.row,
        name=row.name,
        owner_name=row.owner_name,
        business_certificate_number=row.business_certificate_number,
        address=row.address,
        area=row.area,
        contract_id=contract_id,
        contract_number=row.contract_number,
        contract_signed_on=row.contract_signed_on,
        lines=lines,
    )


def register_agent(agent: Agent, agent_id: UUID, command: RegisterAgent, areas: Set[str]) -> AgentRegistered:
    """Raises AgentNotFound, AgentAlreadyRegistered, AgentIsClosed, UnknownArea."""
    if command.agent_id is not None and agent.status is Status.UNKNOWN:
        raise _not_found(command.agent_id)
    if agent.status is Status.REGISTERED:
        raise AgentAlreadyRegistered("Agent {agent_id} is registered already", agent_id=str(agent_id))
    if agent.status is Status.CLOSED:
        raise _closed(agent_id)
    if command.area not in areas:
        raise UnknownArea("This province has no district '{area}'", area=command.area, areas=sorted(areas))
    return AgentRegistered(
        agent_id=agent_id,
        name=command.name,
        owner_name=command.owner_name,
        holder_kind=command.holder_kind,
        address=command.address,
        area=command.area,
        business_certificate_number=command.business_certificate_number,
    )


def sign_contract(agent: Agent, contract_id: UUID, command: SignAgencyContract, today: date) -> AgencyContractSigned:
    """Raises AgentNotFound, AgentNotConfirmed, AgentIsClosed, ContractAlreadyInForce, ContractIsTerminated,
    DateInFuture."""
    require_registered(agent, command.agent_id)
    if command.signed_on > today:
        raise _in_future("signed_on", command.signed_on, today)
    same = agent.contracts.get(contract_id)
    if same is not None and same.state is ContractState.TERMINATED:
        raise ContractIsTerminated(
            "Contract {number} ended; a new contract has a number of its own",
            number=command.number,
            contract_id=str(contract_id),
        )
    live = agent.signed_with(command.provider_id)
    if live is not None:
        raise ContractAlreadyInForce(
            "Contract {contract_number} with this company is in force", contract_number=live.number
        )
    return AgencyContractSigned(
        contract_id=contract_id,
        agent_id=command.agent_id,
        provider_id=command.provider_id,
        number=command.number,
        signed_on=command.signed_on,
    )


def terminate_contract(agent: Agent, command: TerminateContract) -> ContractTerminated | None:
    """The end of a contract, confirmed or only claimed (HD-2.1d3); nothing when it ended before.

    Raises ContractNotFound when nobody ever named such a contract of this agent with this company.
    """
    contract = agent.contracts.get(command.contract_id)
    if contract is None or contract.provider_id != command.provider_id:
        raise ContractNotFound(
            "Agent {agent_id} has no contract {contract_id} with company {provider_id}",
            agent_id=command.agent_id,
            provider_id=command.provider_id,
            contract_id=str(command.contract_id),
        )
    if contract.state is ContractState.TERMINATED:
        return None
    return ContractTerminated(
        contract_id=command.contract_id,
        agent_id=command.agent_id,
        provider_id=command.provider_id,
        terminated_on=command.terminated_on,
        order_id=command.order_id,
        case_id=command.case_id,
    )


def close_agent(agent: Agent, command: CloseAgent, today: date) -> AgentClosed:
    """Raises AgentNotFound, AgentIsClosed, DateInFuture."""
    if agent.status is Status.UNKNOWN:
        raise _not_found(command.agent_id)
    if agent.status is Status.CLOSED:
        raise _closed(command.agent_id)
    if command.closed_on > today:
        raise _in_future("closed_on", command.closed_on, today)
    return AgentClosed(agent_id=command.agent_id, closed_on=command.closed_on, reason=command.reason)


def require_registered(agent: Agent, agent_id: UUID) -> None:
    """Raises AgentNotFound, AgentNotConfirmed, AgentIsClosed."""
    match agent.status:
        case Status.UNKNOWN:
            raise _not_found(agent_id)
        case Status.REPORTED:
            raise AgentNotConfirmed(
                "Agent {agent_id} stands as reported by a company; register it from its papers first",
                agent_id=str(agent_id),
            )
        case Status.CLOSED:
            raise _closed(agent_id)


def _not_found(agent_id: UUID) -> AgentNotFound:
    return AgentNotFound("No agent {agent_id} is in the register", agent_id=str(agent_id))


def _closed(agent_id: UUID) -> AgentIsClosed:
    return AgentIsClosed("Agent {agent_id} gave up its business", agent_id=str(agent_id))


def _in_future(place: str, day: date, today: date) -> DateInFuture:
    return DateInFuture(
        "{place} is {day}, today is {today}",
        place=place,
        day=day,
        today=today,
        errors=[{"place": place, "reason": Said("{day} lies after {today}", day=day, today=today)}],
    )


def evolve(agent: Agent, event: Event) -> Agent:
    match event:
        case AgentReportedByIsp():
            claimed = Contract(event.provider_id, event.contract_number, ContractState.CLAIMED)
            return replace(
                agent,
                status=Status.REPORTED if agent.status is Status.UNKNOWN else agent.status,
                area=event.area if agent.status in (Status.UNKNOWN, Status.REPORTED) else agent.area,
                contracts={event.contract_id: claimed, **agent.contracts},
                reported_lines=agent.reported_lines | {line.line_id for line in event.lines},
            )
        case AgentRegistered():
            return replace(agent, status=Status.REGISTERED, area=event.area)
        case AgencyContractSigned():
            signed = Contract(event.provider_id, event.number, ContractState.SIGNED)
            return replace(agent, contracts={**agent.contracts, event.contract_id: signed})
        case ContractTerminated():
            ended = replace(agent.contracts[event.contract_id], state=ContractState.TERMINATED)
            return replace(agent, contracts={**agent.contracts, event.contract_id: ended})
        case AgentClosed():
            return replace(agent, status=Status.CLOSED)
        case _:
            return agent
