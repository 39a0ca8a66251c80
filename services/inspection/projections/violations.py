"""Violations, each with its two references: what empowered the finder, and the provision breached."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from contracts.envelope import Event, Received
from contracts.events.inspection import ViolationFound
from contracts.sql import Cursor, Rows
from services.inspection.projections.targets import KNOWN

COLUMNS = (
    "inspection_id",
    "target_kind",
    "target_id",
    "area",
    "category",
    "provision",
    "empowered_by",
    "information_security",
    "found_by",
    "found_on",
    "description",
)


class Violations:
    name = "violations"
    tables = ("violation_file",)
    wants: tuple[type[Event], ...] = (ViolationFound,)
    ddl = """
        create table violation_file (
            violation_id uuid primary key, version int not null, inspection_id uuid, target_kind text, target_id uuid,
            area text, category text, provision text, empowered_by text, information_security boolean, found_by text,
            found_on date, description text
        );
        create index violation_file_found on violation_file (found_on, violation_id);
        create index violation_file_inspection on violation_file (inspection_id);
    """

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        violations = Rows("violation_file", ("violation_id",), COLUMNS)
        for received in batch:
            event, version = received.event, received.envelope.stream_version
            if isinstance(event, ViolationFound):
                violations.put((event.violation_id,), version, **event.model_dump(include=set(COLUMNS)))
        violations.write(cursor)


VIEW = ("violation_id", *COLUMNS, "target_name", "target_address", "target_confirmed")

LIST = f"""
    select {", ".join(VIEW)} from violation_file {KNOWN}
    where (%(inspection_id)s::uuid is null or inspection_id = %(inspection_id)s)
      and (%(target_id)s::uuid is null or target_id = %(target_id)s)
      and (%(area)s::text is null or violation_file.area = %(area)s)
      and (%(category)s::text is null or category = %(category)s)
      and (%(provision)s::text is null or provision = %(provision)s)
      and (%(found_by)s::text is null or found_by = %(found_by)s)
      and (%(from)s::date is null or found_on >= %(from)s)
      and (%(to)s::date is null or found_on <= %(to)s)
      and (%(after_day)s::date is null or (found_on, violation_id) < (%(after_day)s, %(after_id)s::uuid))
    order by found_on desc, violation_id desc limit %(fetch)s
"""

OF_INSPECTION = f"""
    select {", ".join(VIEW)} from violation_file {KNOWN} where inspection_id = %s
    order by violation_file.version
"""


def listed(
    cursor: Cursor, where: Mapping[str, Any], *, after: Sequence[str] | None, fetch: int
) -> list[dict[str, Any]]:
    """The latest found first.

    `where` has a value or None for each parameter of LIST; `after` is [found_on, violation_id] of the last row before.
    """
    after_day, after_id = after or (None, None)
    cursor.execute(LIST, {**where, "after_day": after_day, "after_id": after_id, "fetch": fetch})
    return [dict(zip(VIEW, row, strict=True)) for row in cursor.fetchall()]


def of_inspection(cursor: Cursor, inspection_id: UUID) -> list[dict[str, Any]]:
    """In the order in which they were entered."""
    cursor.execute(OF_INSPECTION, (inspection_id,))
    return [dict(zip(VIEW, row, strict=True)) for row in cursor.fetchall()]
