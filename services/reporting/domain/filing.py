"""A company's monthly filing (báo cáo định kỳ, HD-3b): one stream a company and month, holding what came in."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid5

from contracts.commands.reporting import RecordFilingPart
from contracts.envelope import PHOIHOP, Event
from contracts.events.reporting import FilingSubmitted

CATEGORY = "filing"
AGENT_LIST = "agent-list"
"""HD-3b part 2: the list of the company's agents in the province."""


@dataclass(frozen=True, slots=True)
class Filing:
    lists: Mapping[str, UUID] = field(default_factory=dict)
    """The list that counts, by part."""


INITIAL = Filing()


def filing_id_of(provider_id: UUID, month: str) -> UUID:
    return uuid5(PHOIHOP, f"filing/{provider_id}/{month}")


def record_part(filing: Filing, command: RecordFilingPart) -> tuple[FilingSubmitted, ...]:
    """A later list corrects the one before; the list that counts already changes nothing."""
    if filing.lists.get(command.part) == command.list_id:
        return ()
    return (
        FilingSubmitted(
            filing_id=filing_id_of(command.provider_id, command.month),
            provider_id=command.provider_id,
            month=command.month,
            part=command.part,
            list_id=command.list_id,
            good=command.good,
            bad=command.bad,
        ),
    )


def evolve(filing: Filing, event: Event) -> Filing:
    if isinstance(event, FilingSubmitted):
        return replace(filing, lists={**filing.lists, event.part: event.list_id})
    return filing
