"""Fires what is due, once: the timer's row and its effect are one transaction, and its id is the command's id.

    TIMERS = {"report-back": mark_overdue}

    def mark_overdue(due: TimerDue, context: Context) -> Command | None: ...

A timer of a kind that stands in no such table belongs to the process manager of its stream's category. One that fails
for good stays, says why, and is tried again after growing pauses: it is overdue until somebody mends the cause.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

import structlog

from chassis.consume.failures import Transient, is_transient
from chassis.consume.reactions import context_of
from chassis.consume.transactions import Transactions
from chassis.identity.principal import service
from chassis.observe.metrics import TIMERS_OVERDUE
from chassis.process.crash import crash_point
from chassis.store.commands import Commands
from chassis.store.context import Context
from chassis.timers import overdue
from chassis.timers.clocks import CLOCKS, Clocks
from chassis.timers.due import TimerDue
from contracts.envelope import Command, Metadata
from contracts.refusals import StaleVersion
from contracts.sql import Cursor

AT_ONCE = 50
"""Timers fired in one step, each in its own transaction."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5, 3600

TAKE = """
select id, stream_id, kind, round, due_at, payload::text, attempts from public.timer
where fired_at is null and due_at <= %(now)s
  and (not_before is null or not_before <= %(now)s
       or not_before > %(now)s::timestamptz + make_interval(secs => %(longest)s))
order by due_at limit 1 for update skip locked
"""
"""A rest that would last longer than the longest was given by a clock that was ahead and has been set back (F20)."""
STREAM = """
select s.category, s.scope, (
    select e.metadata::text from public.event e where e.stream_id = s.stream_id order by e.version desc limit 1)
from public.stream s where s.stream_id = %s
"""
FAILED = """
update public.timer set attempts = attempts + 1, error = %s, not_before = %s::timestamptz + make_interval(secs => %s)
where id = %s
"""

TimerHandler = Callable[[TimerDue, Context], Command | None]


@runtime_checkable
class Manager(Protocol):
    """What a process manager is to its timers."""

    @property
    def category(self) -> str: ...

    def fire(self, cursor: Cursor, due: TimerDue, metadata: Metadata, scope: str) -> None: ...


class NobodyWaits(LookupError):
    """No table and no process manager knows this kind of timer."""


class Timers:
    """`run_once` fires what is due by the wall clock; several workers share the work."""

    def __init__(
        self,
        pool: Transactions,
        commands: Commands,
        handlers: Mapping[str, TimerHandler],
        managers: Iterable[Manager] = (),
        clocks: Clocks = CLOCKS,
    ) -> None:
        self._pool = pool
        self._commands = commands
        self._handlers = handlers
        self._managers = {manager.category: manager for manager in managers}
        self._clocks = clocks
        self._principal = service(commands.service)
        self._log = structlog.get_logger("chassis.timers")

    def run_once(self) -> int:
        """Answers how many were due. Raises what is transient."""
        fired = 0
        while fired < AT_ONCE and self._fire_next():
            fired += 1
        return fired

    def measure(self) -> int:
        """Sets the gauge of overdue timers, and answers it."""
        with self._pool.transaction(read_only=True) as cursor:
            found = overdue.count(cursor)
        TIMERS_OVERDUE.set(found)
        return found

    def _fire_next(self) -> bool:
        with self._pool.transaction() as cursor:
            now = self._clocks.wall.now(cursor)
            cursor.execute(TAKE, {"now": now, "longest": LONGEST_PAUSE_S})
            row = cursor.fetchone()
            if row is None:
                return False
            timer, stream_id, kind, round, due_at, payload, attempts = row
            due = TimerDue(timer, stream_id, kind, round, due_at, now, json.loads(payload))
            cursor.execute("savepoint timer")
            try:
                self._fire(cursor, due)
            except Exception as error:
                if is_transient(error):
                    raise
                cursor.execute("rollback to savepoint timer")
                self._keep(cursor, due, attempts, error)
            else:
                cursor.execute("update public.timer set fired_at = %s, error = null where id = %s", (now, due.timer_id))
            crash_point("timers.before-commit")
        crash_point("timers.after-commit")
        return True

    def _fire(self, cursor: Cursor, due: TimerDue) -> None:
        category, scope, metadata = self._cause(cursor, due)
        handler = self._handlers.get(due.kind)
        if handler is None:
            manager = self._managers.get(category)
            if manager is None:
                raise NobodyWaits(
                    f"nobody waits for timers of kind {due.kind} on streams of {category or 'no category'}"
                )
            manager.fire(cursor, due, metadata, scope)
            return
        context = context_of(cursor, due.timer_id, self._principal, metadata, self._clocks, self._commands.scope)
        command = handler(due, context)
        if command is not None:
            try:
                self._commands.execute_in(
                    cursor, command, principal=self._principal, key=due.timer_id, metadata=metadata
                )
            except StaleVersion as race:
                raise Transient(str(race)) from race

    def _cause(self, cursor: Cursor, due: TimerDue) -> tuple[str, str, Metadata]:
        """Category and scope of its stream, and the metadata of what it sets off: the stream's story goes on."""
        cursor.execute(STREAM, (due.stream_id,))
        category, scope, last = cursor.fetchone() or ("", self._commands.scope, None)
        before: dict[str, Any] = json.loads(last) if last else {}
        metadata = Metadata(
            actor=self._principal.name,
            agency=before.get("agency"),
            clause=before.get("clause"),
            correlation_id=UUID(before["correlation_id"]) if before else due.timer_id,
            causation_id=due.timer_id,
            traceparent=before.get("traceparent"),
        )
        return category, scope, metadata

    def _keep(self, cursor: Cursor, due: TimerDue, attempts: int, error: Exception) -> None:
        pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(attempts, 20))
        text = f"{type(error).__name__}: {error}".replace("\0", " ")[:2000]
        cursor.execute(FAILED, (text, due.now, pause_s, due.timer_id))
        self._log.error("a timer failed", timer=str(due.timer_id), kind=due.kind, why=text, again_in_s=pause_s)
