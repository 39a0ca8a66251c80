"""What inspection counts, in `work`, from the facts its read models are given."""

from collections.abc import Sequence

from chassis.consume.projection import Projection
from chassis.observe.metrics import counter
from contracts.envelope import Event, Received
from contracts.events.inspection import InspectionConcluded, InspectionPlanned, ViolationFound
from contracts.sql import Cursor

KINDS = ("agent",)
"""Of targets; `isp`, `website` … follow."""

INSPECTIONS = counter(
    "phoihop_inspections_total", "Inspections planned and concluded", kind=KINDS, step=("planned", "concluded")
)
VIOLATIONS = counter("phoihop_violations_total", "Violations found", kind=KINDS, information_security=("false", "true"))


class Counting:
    """Counts what a projection was given. A batch that is repeated after a failure is counted again."""

    def __init__(self, projection: Projection) -> None:
        self._projection = projection
        self.name, self.tables, self.ddl = projection.name, projection.tables, projection.ddl
        self.wants = projection.wants

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        self._projection.apply(cursor, batch)
        for received in batch:
            count(received.event)


def count(event: Event) -> None:
    match event:
        case InspectionPlanned():
            INSPECTIONS.labels(event.target_kind, "planned").inc()
        case InspectionConcluded():
            INSPECTIONS.labels(event.target_kind, "concluded").inc()
        case ViolationFound():
            VIOLATIONS.labels(event.target_kind, str(event.information_security).lower()).inc()
