"""What a handler may ask while it decides: who, when, by which power, and what the streams say."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID, uuid5

from chassis.identity.principal import Principal
from chassis.store import load as loading
from chassis.store.append import stored_answer
from chassis.store.decision import Answer
from chassis.store.load import Fold, Loaded
from chassis.timers.clocks import Clocks
from contracts.envelope import Metadata
from contracts.refusals import CommandIdReused, Refusal, StaleVersion
from contracts.sql import Cursor

S = TypeVar("S")

BEGIN = """
select clock_timestamp(), c.request_digest, c.response::text
from (select) as always left join public.command c on c.principal = %s and c.command_id = %s
"""
"""The instant, and what was stored for this command before."""
BEGIN_AND_LOAD = "select * from public.begin_and_load(%s, %s, %s, %s)"
READING = ("select", "with")
CLAIMED_BY = "select value, stream_id from public.claim where kind = %s and value = any(%s::text[])"


class Authority(Protocol):
    """The port that knows who may do what: `services/authority.py`."""

    def __call__(
        self, *, principal: Principal, action: str, on_day: date, area: str | None, facts: dict[str, Any]
    ) -> str | None:
        """The clause, or None for our own policy. Raises ReservedToAnother, NotInForce, NoBasis, Forbidden."""


@dataclass(frozen=True, slots=True)
class Request:
    """A command with everything that came around it."""

    command_id: UUID
    digest: bytes
    principal: Principal
    metadata: Metadata
    expected_version: int | None


class AlreadyDone(Exception):
    """This command was accepted before, with this answer; its handler need not go on."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class Context:
    """Handed to a handler with its command.

    The first `load`, `require`, `now` or `today` also finds out whether the command was accepted before: then it raises
    AlreadyDone, or CommandIdReused if that was another request. A handler lets both pass.
    """

    def __init__(
        self,
        request: Request,
        cursor: Cursor,
        authority: Authority,
        clocks: Clocks,
        scope: str,
        now: datetime | None = None,
        may_write: bool = False,
    ) -> None:
        """`now`: the wall's instant, if it is known already; then nothing is asked about earlier answers.

        `may_write`: `query` is part of the command's own transaction.
        """
        self._request = request
        self.command_id = request.command_id
        self.principal = request.principal
        self.expected_version = request.expected_version
        self.correlation_id = request.metadata.correlation_id
        self.causation_id = request.metadata.causation_id
        self.traceparent = request.metadata.traceparent
        self.scope = scope
        self.clause: str | None = None
        """The clause that the first `require` answered; it goes into the metadata unless the decision names another."""
        self._authority = authority
        self._cursor = cursor
        self._clocks = clocks
        self._now = now
        self._may_write = may_write
        self._first: tuple[UUID, int] | None = None

    @property
    def now(self) -> datetime:
        """The wall's instant, the same for the whole command."""
        return self._now or self.begin()

    @property
    def today(self) -> date:
        """The legal date."""
        return self._clocks.calendar.today(self.now)

    def new_id(self, label: str) -> UUID:
        """Ids come in with the command: the same command always makes the same ids."""
        return uuid5(self.command_id, label)

    def require(self, action: str, *, area: str | None = None, **facts: Any) -> str | None:
        """The clause by which the principal may do this; None where it is our own policy.

        Raises ReservedToAnother, NotInForce, NoBasis, Forbidden.
        """
        clause = self._authority(principal=self.principal, action=action, on_day=self.today, area=area, facts=facts)
        self.clause = self.clause or clause
        return clause

    def load(self, fold: Fold[S], stream_id: UUID) -> Loaded[S]:
        """Version 0 and the initial state when there is no such stream. Load the stream the command is about first."""
        if self._now is None:
            request = self._request
            self._cursor.execute(BEGIN_AND_LOAD, (request.principal.name, request.command_id, stream_id, fold.category))
            begun, *rows = self._cursor.fetchall()
            self._begun(begun[:3])
            loaded = loading.folded(fold, [row[3:] for row in rows])
        else:
            loaded = loading.load(self._cursor, fold, stream_id)
        self._first = self._first or (stream_id, loaded.version)
        return loaded

    def load_many(self, fold: Fold[S], stream_ids: Collection[UUID]) -> dict[UUID, Loaded[S]]:
        """One round trip; every id asked for is in the answer."""
        return loading.load_many(self._cursor, fold, stream_ids)

    def claimed_by(self, kind: str, value: str) -> UUID | None:
        """The stream that holds this natural key."""
        return self.claimed_by_many(kind, [value]).get(value)

    def claimed_by_many(self, kind: str, values: Collection[str]) -> dict[str, UUID]:
        """Only values that are claimed are in the answer."""
        self._cursor.execute(CLAIMED_BY, (kind, list(values)))
        return dict(self._cursor.fetchall())

    def query(self, sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        """Rows of the service's own read models. They lag: what must be exact is loaded or claimed.

        Raises RuntimeError for a statement that writes, unless the command is among the `writing` ones: it would stay
        when the command is refused.
        """
        if not self._may_write and not sql.lstrip().lower().startswith(READING):
            raise RuntimeError(f"this handler only reads: {sql.strip()[:40]}")
        self._cursor.execute(sql, parameters)
        return self._cursor.fetchall()

    def begin(self) -> datetime:
        """Finds out the instant. Raises AlreadyDone, CommandIdReused."""
        self._cursor.execute(BEGIN, (self._request.principal.name, self._request.command_id))
        return self._begun(self._cursor.fetchone())

    def answer_given_meanwhile(self) -> Answer | None:
        """What a twin of this command was answered, if one was accepted by now. Raises CommandIdReused."""
        try:
            self.begin()
        except AlreadyDone as done:
            return done.answer
        return None

    def _begun(self, row: Any) -> datetime:
        of_database, digest, response = row
        if digest is not None:
            if digest != self._request.digest:
                raise CommandIdReused("this command id was used before, for another request")
            raise AlreadyDone(stored_answer(response))
        self._now = self._clocks.wall.shown(of_database)
        return self._now

    def move_to(self, cursor: Cursor) -> None:
        """From here on reads go through this cursor (the next batch's transaction)."""
        self._cursor = cursor

    def refuse_if_stale(self, refusal: Refusal) -> None:
        """A caller who named a version that is past hears that, rather than what it led to. Raises StaleVersion."""
        if refusal.status == 409 and self.expected_version is not None and self._first is not None:
            self.require_version(*self._first)

    def require_version(self, stream_id: UUID, current: int) -> None:
        """Raises StaleVersion when the caller named another version than `current`."""
        if self.expected_version is not None and self.expected_version != current:
            raise StaleVersion(
                "{stream_id} is at version {current_version}, not {expected_version}",
                stream_id=str(stream_id),
                expected_version=self.expected_version,
                current_version=current,
            )
