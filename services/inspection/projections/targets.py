"""What inspection must know of the register to plan a visit: that the agent exists, its name, its area.

What a company claims is usable before an officer confirmed it (requirements §2.12), and never overwrites what he did.
"""

from collections.abc import Sequence

from contracts.envelope import Event, Received
from contracts.events.registry import AgentRegistered, AgentReportedByIsp
from contracts.sql import Cursor, Rows

COLUMNS = ("claimed_name", "claimed_address", "claimed_area", "name", "address", "area")


class Targets:
    name = "targets"
    tables = ("target",)
    wants: tuple[type[Event], ...] = (AgentReportedByIsp, AgentRegistered)
    ddl = """
        create table target (
            target_id uuid primary key, version int not null, claimed_name text, claimed_address text,
            claimed_area text, name text, address text, area text
        );
    """

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        targets = Rows("target", ("target_id",), COLUMNS)
        for received in batch:
            event, version = received.event, received.envelope.stream_version
            match event:
                case AgentReportedByIsp():
                    claim = {"claimed_name": event.name, "claimed_address": event.address, "claimed_area": event.area}
                    targets.put((event.agent_id,), version, **claim)
                case AgentRegistered():
                    entry = {"name": event.name, "address": event.address, "area": event.area}
                    targets.put((event.agent_id,), version, **entry)
        targets.write(cursor)


KNOWN = """
    left join (
        select target_id, coalesce(name, claimed_name) as target_name,
               coalesce(address, claimed_address) as target_address, name is not null as target_confirmed
        from target
    ) known using (target_id)
"""
"""Joins `target_name`, `target_address`, `target_confirmed` to anything that has a `target_id`."""

AREA_OF_TARGET = "select coalesce(area, claimed_area) from target where target_id = %s"
"""The area an agent is in, as confirmed or else as claimed; no row when no such agent is known here."""
