"""What the register does when asked: load with version, decide, answer with what is to be appended.

The tables at the foot say which command and which event of another service goes where.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from chassis.identity.api_keys import new_key
from chassis.store.append import Change, Claim, Decision
from chassis.store.commands import Batches, Context, Handler
from chassis.store.load import Fold
from contracts.commands.registry import (
    AttachLine,
    CloseAgent,
    CutLine,
    IssueApiKey,
    ListedAgent,
    RegisterAgent,
    RegisterProvider,
    ReportAgentList,
    RevokeApiKey,
    SignAgencyContract,
    TerminateContract,
)
from contracts.envelope import Command, Event, Received
from contracts.events.enforcement import OrderExecuted
from contracts.events.registry import ReportedLine
from law.clauses import load_law
from services.registry.domain import agent as agents
from services.registry.domain import agent_list as lists
from services.registry.domain import line as lines
from services.registry.domain import natural_keys
from services.registry.domain import provider as providers

AGENT = Fold(agents.CATEGORY, agents.Agent(), agents.evolve)
LINE = Fold(lines.CATEGORY, lines.Line(), lines.evolve)
PROVIDER = Fold(providers.CATEGORY, providers.Provider(), providers.evolve)

ROWS_IN_A_BATCH = 200

CONTRACT_TERMINATION, LINE_CUT = "contract-termination", "line-cut"
DONE = frozenset({"executed", "already-closed"})


def register_provider(command: RegisterProvider, context: Context) -> Decision:
    """Raises ClaimTaken when the code or the name belongs to another company."""
    context.require("provider.register")
    provider_id = context.new_id("provider")
    event = providers.register_provider(provider_id, command)
    names = [(natural_keys.PROVIDER_CODE, command.code), (natural_keys.PROVIDER_NAME, natural_keys.slug(command.name))]
    return Decision(
        changes=(Change(provider_id, providers.CATEGORY, 0, (event,)),),
        claims=tuple(Claim(kind, value, provider_id) for kind, value in names if value),
        response={"provider_id": provider_id},
    )


@dataclass(frozen=True)
class ApiKeys:
    """Giving keys out needs the pepper; the key itself is shown by the door that was asked, and stored nowhere."""

    pepper: Callable[[], bytes]

    def issue(self, command: IssueApiKey, context: Context) -> Decision:
        """Raises ProviderNotFound."""
        context.require("api-key.issue")
        provider = context.load(PROVIDER, command.provider_id)
        key = new_key(self.pepper(), context.command_id)
        event = providers.issue_api_key(provider.state, command, key.key_id, key.verifier)
        return Decision(
            changes=(Change(command.provider_id, providers.CATEGORY, provider.version, (event,)),),
            response={"provider_id": command.provider_id, "key_id": key.key_id},
        )


def revoke_api_key(command: RevokeApiKey, context: Context) -> Decision:
    """Raises ProviderNotFound, KeyNotFound, KeyAlreadyRevoked."""
    context.require("api-key.issue")
    provider = context.load(PROVIDER, command.provider_id)
    event = providers.revoke_api_key(provider.state, command)
    return Decision(
        changes=(Change(command.provider_id, providers.CATEGORY, provider.version, (event,)),),
        response={"provider_id": command.provider_id, "key_id": command.key_id},
    )


def register_agent(command: RegisterAgent, context: Context) -> Decision:
    """Raises AgentNotFound, AgentAlreadyRegistered, AgentIsClosed, UnknownArea, ClaimTaken (the certificate)."""
    context.require("agent.register" if command.agent_id is None else "agent.confirm", area=command.area)
    certificate = command.business_certificate_number
    agent_id = command.agent_id or natural_keys.agent_id(context.scope, certificate, "", command.name, command.address)
    agent = context.load(AGENT, agent_id)
    areas = {area.code for area in load_law().province(context.scope).areas}
    event = agents.register_agent(agent.state, agent_id, command, areas)
    return Decision(
        changes=(Change(agent_id, agents.CATEGORY, agent.version, (event,)),),
        claims=(Claim(natural_keys.CERTIFICATE, natural_keys.number_key(certificate), agent_id),)
        if certificate
        else (),
        response={"agent_id": agent_id},
    )


def sign_contract(command: SignAgencyContract, context: Context) -> Decision:
    """Raises ProviderNotFound, NotAnIsp, ClaimTaken (the number), and as `agents.sign_contract`."""
    agent = context.load(AGENT, command.agent_id)
    context.require("contract.record", area=agent.state.area)
    providers.require_isp(context.load(PROVIDER, command.provider_id).state, command.provider_id)
    contract_id = natural_keys.contract_id(command.provider_id, command.number)
    event = agents.sign_contract(agent.state, contract_id, command, context.today)
    number = f"{command.provider_id}/{natural_keys.number_key(command.number)}"
    return Decision(
        changes=(Change(command.agent_id, agents.CATEGORY, agent.version, (event,)),),
        claims=(Claim(natural_keys.CONTRACT, number, command.agent_id),),
        response={"agent_id": command.agent_id, "contract_id": contract_id},
    )


def attach_line(command: AttachLine, context: Context) -> Decision:
    """Raises AgentNotFound, AgentNotConfirmed, AgentIsClosed, ProviderNotFound, NotAnIsp, NotATelecom, and as
    `lines.attach_line`."""
    agent = context.load(AGENT, command.agent_id).state
    context.require("line.record", area=agent.area)
    agents.require_registered(agent, command.agent_id)
    providers.require_isp(context.load(PROVIDER, command.provider_id).state, command.provider_id)
    telecom = context.load(PROVIDER, command.telecom_id).state
    providers.require_telecom(telecom, command.telecom_id)
    line_id = natural_keys.line_id(telecom.code, command.number)
    line = context.load(LINE, line_id)
    event = lines.attach_line(line.state, line_id, command)
    number = f"{telecom.code}/{natural_keys.line_key(command.number)}"
    return Decision(
        changes=(Change(line_id, lines.CATEGORY, line.version, (event,)),),
        claims=(Claim(natural_keys.LINE, number, line_id),),
        response={"agent_id": command.agent_id, "line_id": line_id},
    )


def close_agent(command: CloseAgent, context: Context) -> Decision:
    """Raises AgentNotFound, AgentIsClosed, DateInFuture."""
    agent = context.load(AGENT, command.agent_id)
    context.require("agent.register", area=agent.state.area)
    event = agents.close_agent(agent.state, command, context.today)
    return Decision(
        changes=(Change(command.agent_id, agents.CATEGORY, agent.version, (event,)),),
        response={"agent_id": command.agent_id},
    )


def report_agent_list(command: ReportAgentList, context: Context) -> Batches:
    """Each row to its agent's stream, 200 rows a transaction; then the list as a whole, with the answer to all of it.

    Raises Forbidden (another company's list), ProviderNotFound, NotAnIsp, MonthInFuture.
    """
    context.require("filing.submit", company_id=command.provider_id)
    provider = context.load(PROVIDER, command.provider_id).state
    providers.require_isp(provider, command.provider_id)
    lists.check_month(command.month, context.today)
    filing = agents.Filing(context.new_id("list"), command.provider_id, command.month)
    telecoms = _telecoms(command.rows, context)
    problems = [
        *command.problems,
        *(found for row in command.rows for found in lists.unknown_owners(row, telecoms, command.telecom_column)),
    ]
    spoilt = {problem.row for problem in problems}

    def batches() -> Iterator[Decision]:
        for start in range(0, len(command.rows), ROWS_IN_A_BATCH):
            part = [row for row in command.rows[start : start + ROWS_IN_A_BATCH] if row.row not in spoilt]
            yield _report_rows(part, provider, filing, telecoms, context)

    good = sum(1 for row in command.rows if row.row not in spoilt)
    received = lists.receive_list(filing.list_id, command, good, problems)
    answer = received.model_dump(mode="json") | {"problems": [problem.model_dump() for problem in problems]}
    return Batches(
        batches(), Decision(changes=(Change(filing.list_id, lists.CATEGORY, 0, (received,)),), response=answer)
    )


def _report_rows(
    rows: list[ListedAgent],
    provider: providers.Provider,
    filing: agents.Filing,
    telecoms: dict[str, str],
    context: Context,
) -> Decision:
    certificates = [natural_keys.number_key(row.business_certificate_number or "") for row in rows]
    owners = context.claimed_by_many(natural_keys.CERTIFICATE, [number for number in certificates if number])
    events: dict[UUID, list[Event]] = {}
    for row, certificate in zip(rows, certificates, strict=True):
        agent_id = owners.get(certificate) or natural_keys.agent_id(
            context.scope, row.business_certificate_number, provider.code, row.name, row.address
        )
        contract_id = natural_keys.contract_id(filing.provider_id, row.contract_number)
        event = agents.report_agent(agent_id, contract_id, _reported_lines(row, telecoms), row, filing)
        events.setdefault(agent_id, []).append(event)
    loaded = context.load_many(AGENT, list(events))
    return Decision(
        changes=tuple(
            Change(agent_id, agents.CATEGORY, loaded[agent_id].version, tuple(reported))
            for agent_id, reported in events.items()
        )
    )


def _telecoms(rows: Iterable[ListedAgent], context: Context) -> dict[str, str]:
    """The owners of lines as the list names them, by code or by name, → the codes of registered telecom companies."""
    written = sorted({line.telecom for row in rows for line in row.lines})
    named = context.claimed_by_many(natural_keys.PROVIDER_NAME, written)
    named |= context.claimed_by_many(natural_keys.PROVIDER_CODE, written)
    found = context.load_many(PROVIDER, set(named.values()))
    return {
        text: found[provider_id].state.code
        for text, provider_id in named.items()
        if "telecom" in found[provider_id].state.kinds
    }


def _reported_lines(row: ListedAgent, telecoms: dict[str, str]) -> tuple[ReportedLine, ...]:
    return tuple(
        ReportedLine(
            line_id=natural_keys.line_id(telecoms[line.telecom], line.number),
            kind=line.kind,
            number=line.number,
            telecom=telecoms[line.telecom],
        )
        for line in row.lines
    )


def terminate_contract(command: TerminateContract, context: Context) -> Decision:
    """Raises ContractNotFound. What ended before stays as it is."""
    agent = context.load(AGENT, command.agent_id)
    event = agents.terminate_contract(agent.state, command)
    if event is None:
        return Decision()
    return Decision(changes=(Change(command.agent_id, agents.CATEGORY, agent.version, (event,)),))


def cut_line(command: CutLine, context: Context) -> Decision:
    """Raises LineNotFound. What was cut before stays as it is."""
    line = context.load(LINE, command.line_id)
    agent = context.load(AGENT, command.agent_id)
    event = lines.cut_line(line.state, agent.state, command)
    if event is None:
        return Decision()
    return Decision(changes=(Change(command.line_id, lines.CATEGORY, line.version, (event,)),))


def apply_execution(received: Received, context: Context) -> Iterable[Command]:  # noqa: ARG001 - the form they all have
    """A confirmed execution becomes the new state of the contract or line. The ISP's arranging of a cut changes
    nothing here: the company that owns the line confirms it (HD-3c4)."""
    event = received.event
    assert isinstance(event, OrderExecuted)
    if event.outcome not in DONE:
        return
    if event.kind == CONTRACT_TERMINATION and event.contract_id is not None:
        yield TerminateContract(
            contract_id=event.contract_id,
            agent_id=event.agent_id,
            provider_id=event.addressee_id,
            order_id=event.order_id,
            case_id=event.case_id,
            terminated_on=event.executed_on,
        )
    elif event.kind == LINE_CUT and event.line_id is not None:
        yield CutLine(
            line_id=event.line_id,
            agent_id=event.agent_id,
            order_id=event.order_id,
            case_id=event.case_id,
            cut_on=event.executed_on,
        )


def command_table(pepper: Callable[[], bytes]) -> dict[type[Command], Handler]:
    """Which function handles which command. `pepper` reads the secret under which companies' keys are kept."""
    return {
        RegisterProvider: register_provider,
        IssueApiKey: ApiKeys(pepper).issue,
        RevokeApiKey: revoke_api_key,
        ReportAgentList: report_agent_list,
        RegisterAgent: register_agent,
        SignAgencyContract: sign_contract,
        AttachLine: attach_line,
        CloseAgent: close_agent,
        TerminateContract: terminate_contract,
        CutLine: cut_line,
    }


EVENTS = {OrderExecuted: apply_execution}
