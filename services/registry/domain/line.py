"""A telephone number or data line (số điện thoại, đường truyền) that serves an agent (HD-3c4)."""

from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from contracts.commands.registry import AttachLine, CutLine
from contracts.envelope import Event
from contracts.events.registry import LineAttached, LineCut, LineRestored
from services.registry.domain.agent import Agent
from services.registry.domain.errors import LineAlreadyAttached, LineIsCut, LineNotFound, LineServesAnother

CATEGORY = "line"


class LineState(StrEnum):
    UNKNOWN = "unknown"
    SERVING = "serving"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Line:
    state: LineState = LineState.UNKNOWN
    agent_id: UUID | None = None


def attach_line(line: Line, line_id: UUID, command: AttachLine) -> LineAttached:
    """Raises LineIsCut, LineAlreadyAttached, LineServesAnother."""
    if line.state is LineState.CUT:
        raise LineIsCut(
            "Line {number} was cut; to restore it is a decision of its own", number=command.number, line_id=str(line_id)
        )
    if line.state is LineState.SERVING:
        if line.agent_id == command.agent_id:
            raise LineAlreadyAttached(
                "Line {number} serves this agent already", number=command.number, line_id=str(line_id)
            )
        raise LineServesAnother(
            "Line {number} serves agent {agent_id}",
            number=command.number,
            line_id=str(line_id),
            agent_id=str(line.agent_id),
        )
    return LineAttached(
        line_id=line_id,
        agent_id=command.agent_id,
        kind=command.kind,
        number=command.number,
        provider_id=command.provider_id,
        telecom_id=command.telecom_id,
    )


def cut_line(line: Line, agent: Agent, command: CutLine) -> LineCut | None:
    """The cut of a line, confirmed or only claimed by a list; nothing when it was cut before.

    Raises LineNotFound when nobody ever named this line for this agent.
    """
    if line.state is LineState.CUT:
        return None
    serves = line.agent_id == command.agent_id
    claimed = line.state is LineState.UNKNOWN and command.line_id in agent.reported_lines
    if not (serves or claimed):
        raise LineNotFound(
            "No line {line_id} serves agent {agent_id}", agent_id=command.agent_id, line_id=str(command.line_id)
        )
    return LineCut(
        line_id=command.line_id,
        agent_id=command.agent_id,
        cut_on=command.cut_on,
        order_id=command.order_id,
        case_id=command.case_id,
    )


def evolve(line: Line, event: Event) -> Line:
    match event:
        case LineAttached():
            return Line(LineState.SERVING, event.agent_id)
        case LineCut():
            return Line(LineState.CUT, event.agent_id)
        case LineRestored():
            return replace(line, state=LineState.SERVING)
        case _:
            return line
