"""The read model of the ledger: one row an entry."""

from collections.abc import Sequence

from benchmarks.ledger.domain import EntryWritten
from contracts.envelope import Received
from contracts.sql import Cursor, Rows

COLUMNS = ("number", "holder", "address", "area", "seats", "opened_on")


class Entries:
    name = "entries"
    tables = ("entry",)
    ddl = (
        "create table entry (entry_id uuid primary key, version int not null, number text, holder text, address text, "
        "area text, seats int, opened_on date)"
    )
    wants = (EntryWritten,)

    def __init__(self) -> None:
        self._rows = Rows("entry", ("entry_id",), COLUMNS)

    def apply(self, cursor: Cursor, batch: Sequence[Received]) -> None:
        for received in batch:
            event, envelope = received.event, received.envelope
            assert isinstance(event, EntryWritten)
            self._rows.put(
                (envelope.stream_id,),
                envelope.stream_version,
                number=event.number,
                holder=event.holder,
                address=event.address,
                area=event.area,
                seats=event.seats,
                opened_on=event.opened_on,
            )
        self._rows.write(cursor)
