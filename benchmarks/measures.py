"""The measures, in the order of docs/benchmarks.md. Each runs ours and the other side in turn, round by round.

A measure that is bounded by commits writes for some seconds into a store that holds `events` events already; the others
go through `events` events.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.ground import EMPTY, SEEDED, Ground
from benchmarks.ledger.bootstrap import SERVICE
from benchmarks.ledger.domain import EntryWritten, fields
from benchmarks.table import Row, Wanted

WRITERS = 8
PACE = 200
"""Commands a second."""
ONE_BY_ONE_SHARE = 20
"""FastStream one by one gets one event of so many: it would take minutes."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    rounds: int
    seconds: float
    """How long each side of a round writes where commits are counted."""


Progress = Callable[[str], None]
Measure = Callable[[Ground, Size, Progress], Sequence[Row]]


def speed(found: dict[str, float]) -> float:
    return found["count"] / found["seconds"]


def commands(ground: Ground, size: Size, progress: Progress) -> Sequence[Row]:
    """One writer through the full handler, beside eventsourcing and beside bare commits."""
    library = Row("command, one writer", "/s", Wanted(3, ratio=True), "eventsourcing 9.5, load + append")
    raw = Row("command, one writer", "/s", Wanted(0.5, ratio=True), "psycopg2, one row a commit")
    database, peer = ground.database(SEEDED), ground.peer_database()
    written = {name: value for name, value in _entry().items() if name != "entry_id"}
    progress("commands: filling the peer's store")
    ids = ground.peer("eventsourcing_commands", dsn=peer, fill=True, fields=written, kept=2000)["ids"]
    for number in range(size.rounds):
        progress(f"commands: round {number + 1} of {size.rounds}")
        ours = speed(ground.ours("commands", dsn=database.dsn, round=number, seconds=size.seconds))
        other = ground.peer(
            "eventsourcing_commands", dsn=peer, ids=ids, fields=written, round=number, seconds=size.seconds
        )
        bare = ground.peer("raw_writers", dsn=peer, writers=1, data=_data(), seconds=size.seconds)
        for row, beside in ((library, other), (raw, bare)):
            row.ours.append(ours)
            row.beside.append(speed(beside))
    ground.drop(database)
    return library, raw


def writers(ground: Ground, size: Size, progress: Progress) -> Sequence[Row]:
    """Eight processes at once."""
    raw = "psycopg2, one row a commit"
    alone = Row(f"{WRITERS} writers, bare append, alone", "/s", Wanted(5000), raw)
    beside = Row(f"{WRITERS} writers, bare append, sequencer and relay running", "/s", None, raw)
    full = Row(f"{WRITERS} writers, full handler", "/s", Wanted(2000), raw)
    slow = Row(f"{WRITERS} writers, full handler, p95", "ms", Wanted(10, "at most"), raw)
    peer = ground.peer_database()
    for number in range(size.rounds):
        progress(f"writers: round {number + 1} of {size.rounds}")
        database = ground.database(SEEDED)
        asked = {"dsn": database.dsn, "writers": WRITERS, "round": number, "seconds": size.seconds}
        alone.ours.append(speed(ground.ours("writers", step="append", **asked)))
        bare = ground.peer("raw_writers", dsn=peer, writers=WRITERS, data=_data(), seconds=size.seconds)
        handler = ground.ours("writers", step="handler", **asked)
        full.ours.append(speed(handler))
        slow.ours.append(handler["p95_ms"])
        ground.topic(SERVICE)
        with ground.working(database):
            beside.ours.append(speed(ground.ours("writers", step="append", **asked)))
        ground.drop(database)
        for row in (alone, beside, full):
            row.beside.append(speed(bare))
        slow.beside.append(bare["p95_ms"])
    return alone, beside, full, slow


def relay(ground: Ground, size: Size, progress: Progress) -> Sequence[Row]:
    """The log to Kafka, beside the same bytes produced from memory."""
    row = Row("relay", "/s", Wanted(0.9, ratio=True), "kafka-python, the same bytes, idempotent")
    source = ground.filled_topic()
    for number in range(size.rounds):
        progress(f"relay: round {number + 1} of {size.rounds}")
        database, service = ground.database(SEEDED), f"{SERVICE}-{number}"
        ground.topic(service)
        row.ours.append(speed(ground.ours("relay", dsn=database.dsn, service=service)))
        topic = ground.topic(f"{SERVICE}-raw")
        row.beside.append(speed(ground.peer("raw_produce", source=source, topic=topic)))
        ground.drop(database)
    return (row,)


def projection(ground: Ground, size: Size, progress: Progress) -> Sequence[Row]:
    """One consumer, beside FastStream in batches and one by one; then the same read model rebuilt."""
    what = "projection, one worker"
    batches = Row(what, "/s", Wanted(1, ratio=True), "FastStream, batches of 500")
    singly = Row(what, "/s", Wanted(10, ratio=True), "FastStream, one by one")
    rebuild = Row("rebuild", "/s", Wanted(0.6, ratio=True), "the projection, same run")
    memory = Row("rebuild, peak memory of its second half over its first", "×", Wanted(1.1, "at most"))
    topic, peer = ground.filled_topic(), ground.peer_database()
    for number in range(size.rounds):
        progress(f"projection: round {number + 1} of {size.rounds}")
        database = ground.database(EMPTY)
        ours = speed(ground.ours("projection", dsn=database.dsn))
        batches.beside.append(speed(ground.peer("faststream_projection", dsn=peer, topic=topic, batch=500)))
        made_anew = ground.ours("rebuild", dsn=database.dsn, owner_dsn=database.owner_dsn)
        if made_anew["differing"] != 0:
            raise SystemExit("the rebuilt read model differs from the live one")
        some = max(1, ground.events // ONE_BY_ONE_SHARE)
        one_by_one = ground.peer("faststream_projection", dsn=peer, topic=topic, batch=1, events=some)
        singly.beside.append(speed(one_by_one))
        for row in (batches, singly):
            row.ours.append(ours)
        rebuild.ours.append(speed(made_anew))
        rebuild.beside.append(ours)
        memory.ours.append(made_anew["memory_growth"])
        ground.drop(database)
    return batches, singly, rebuild, memory


def visible(ground: Ground, size: Size, progress: Progress) -> Sequence[Row]:
    """From a command to its row in the read model, through sequencer, relay, Kafka and consumer."""
    row = Row(f"command to visible in a read model at {PACE}/s, p95", "ms", Wanted(100, "at most"))
    for number in range(size.rounds):
        progress(f"visible: round {number + 1} of {size.rounds}")
        ground.topic(SERVICE)
        database = ground.database(EMPTY)
        with ground.working(database):
            found = ground.ours("visible", dsn=database.dsn, rate=PACE, seconds=size.seconds)
        row.ours.append(found["p95_ms"])
        ground.drop(database)
    return (row,)


def audit(ground: Ground, size: Size, progress: Progress) -> Sequence[Row]:
    """The chain recomputed."""
    row = Row("chain verification", "/s", Wanted(50_000))
    database = ground.database(SEEDED)
    for number in range(size.rounds):
        progress(f"audit: round {number + 1} of {size.rounds}")
        row.ours.append(speed(ground.ours("audit", dsn=database.dsn)))
    ground.drop(database)
    return (row,)


MEASURES: dict[str, Measure] = {
    "commands": commands,
    "writers": writers,
    "relay": relay,
    "projection": projection,
    "visible": visible,
    "audit": audit,
}


def _entry() -> dict[str, object]:
    return EntryWritten(**fields(1, 1)).model_dump(mode="json")


def _data() -> str:
    return EntryWritten(**fields(1, 1)).model_dump_json()
