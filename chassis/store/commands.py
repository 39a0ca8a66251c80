"""Handling a command: already done? → load → decide → append, which alone is a transaction."""

import itertools
import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

import psycopg2
from psycopg2 import errors

from chassis.identity.principal import Principal
from chassis.observe import traces
from chassis.postgres.pool import Contended, Pool, TimedOut, Unavailable
from chassis.store.append import append
from chassis.store.context import AlreadyDone, Authority, Context, Request
from chassis.store.decision import Answer, Batches, Decision, OutboxMessage
from chassis.store.digest import request_digest
from chassis.timers.clocks import Clocks
from contracts.envelope import PHOIHOP, Command, Metadata
from contracts.refusals import Refusal, StaleVersion
from contracts.sql import Cursor

__all__ = ["Answer", "Authority", "Batches", "Commands", "Context", "Decision", "Handler", "command_id_of"]

Handler = Callable[[Any, Context], Decision | Batches]
"""(command, context) → decision. Typed `Any` so that each handler can name its own command."""

RETRIES = 3
PAUSE_S = (0.005, 0.05)
PATIENCE_S = 5.0
"""After so long nothing is tried again: the caller waits, and can repeat by itself."""
CONTENTION = (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable)
BROKEN_OFF = (psycopg2.OperationalError, psycopg2.InterfaceError, errors.IdleInTransactionSessionTimeout)


def command_id_of(principal: Principal, key: str | UUID) -> UUID:
    """The same principal and key is the same command: `key` is the Idempotency-Key or the message's id."""
    return uuid5(_space_of(principal.name), str(key))


@lru_cache(maxsize=1_000)
def _space_of(principal: str) -> UUID:
    return uuid5(PHOIHOP, principal)


class Commands:
    """Executes every command of a service, each at most once."""

    def __init__(
        self,
        handlers: Mapping[type[Command], Handler],
        authority: Authority,
        clocks: Clocks,
        scope: str,
        service: str,
        writing: Collection[type[Command]] = (),
    ) -> None:
        """`writing`: commands whose handlers write rows of their own with `context.query`, in the same transaction."""
        self.handlers = handlers
        self._writing = frozenset(writing)
        self.service = service
        self.scope = scope
        self._authority = authority
        self._clocks = clocks

    def execute(
        self,
        pool: Pool,
        command: Command,
        *,
        principal: Principal,
        key: str | UUID,
        expected_version: int | None = None,
        correlation_id: UUID | None = None,
        causation_id: UUID | None = None,
        traceparent: str | None = None,
    ) -> Answer:
        """In a transaction of its own. Returns once it has committed.

        Raises Refusal (nothing was changed; of a `Batches` command the finished batches stay) and Unavailable (the
        database could not be asked or did not answer in time: try again with the same key). Lost races and what the
        database broke off are tried again up to three times within five seconds; a stale version that the caller named
        is not.
        """
        request = self._request(
            command, principal, key, expected_version, correlation_id, causation_id, traceparent, metadata=None
        )
        give_up_at = time.monotonic() + PATIENCE_S
        with traces.span(f"handle {command.message_type}", request.metadata.traceparent):
            for attempt in itertools.count():
                is_last = attempt == RETRIES or time.monotonic() > give_up_at
                try:
                    return self._execute_once(pool, command, request)
                except StaleVersion:
                    if expected_version is not None or is_last:
                        raise
                except errors.QueryCanceled as error:
                    raise TimedOut("the database took too long over this request") from error
                except CONTENTION as error:
                    if is_last:
                        raise Contended(f"others held what this needs: {str(error).strip()}") from error
                except BROKEN_OFF as error:
                    # Even if COMMIT was cut off and had succeeded, the same command id finds what was stored.
                    if is_last:
                        raise Unavailable(f"the database could not do it now: {str(error).strip()}") from error
                time.sleep(random.uniform(*PAUSE_S) * 2**attempt)
        raise AssertionError("unreachable")

    def execute_in(
        self,
        cursor: Cursor,
        command: Command,
        *,
        principal: Principal,
        key: str | UUID,
        expected_version: int | None = None,
        correlation_id: UUID | None = None,
        causation_id: UUID | None = None,
        traceparent: str | None = None,
        metadata: Metadata | None = None,
        outbox: Sequence[OutboxMessage] = (),
    ) -> Answer:
        """Inside the caller's transaction, under a savepoint: after a Refusal the transaction can go on.

        `metadata` (made by `follow`) is taken whole instead of the three ids before it. Lost version races are tried
        again; every database error but those passes through, and then the transaction is lost.
        """
        request = self._request(
            command, principal, key, expected_version, correlation_id, causation_id, traceparent, metadata
        )
        with traces.span(f"handle {command.message_type}", request.metadata.traceparent):
            for attempt in itertools.count():
                try:
                    return self._under_savepoint(cursor, command, request, outbox)
                except StaleVersion:
                    if expected_version is not None or attempt == RETRIES:
                        raise
        raise AssertionError("unreachable")

    def _execute_once(self, pool: Pool, command: Command, request: Request) -> Answer:
        """Without a transaction around it: what was read is checked by the append, which is one statement."""
        if type(command) in self._writing:
            with pool.transaction() as cursor:
                return self._under_savepoint(cursor, command, request, ())
        with pool.statements() as cursor:
            context = self._context(cursor, command, request)
            outcome = self._decide(command, context)
            if isinstance(outcome, Answer):
                return outcome
            if isinstance(outcome, Decision) and outcome.is_one_statement:
                return self._append(cursor, request, context, outcome)
        if isinstance(outcome, Decision):
            with pool.transaction() as cursor:
                return self._append(cursor, request, context, outcome)
        return self._run_batches(pool, request, context, outcome)

    def _under_savepoint(
        self, cursor: Cursor, command: Command, request: Request, outbox: Sequence[OutboxMessage]
    ) -> Answer:
        """After a refusal, and when a twin was accepted while this one decided, nothing is left of it."""
        cursor.execute("savepoint command")
        try:
            answer = self._decide_and_append(cursor, command, request, outbox)
        except (Refusal, ValueError, RuntimeError):
            cursor.execute("rollback to savepoint command")
            raise
        cursor.execute(f"{'rollback to' if answer.replayed else 'release'} savepoint command")
        return answer

    def _decide_and_append(
        self, cursor: Cursor, command: Command, request: Request, outbox: Sequence[OutboxMessage]
    ) -> Answer:
        context = self._context(cursor, command, request)
        outcome = self._decide(command, context)
        if isinstance(outcome, Batches):
            for number, decision in enumerate(outcome.batches):
                self._append(cursor, _batch(request, number), context, decision)
            outcome = outcome.final if isinstance(outcome.final, Decision) else outcome.final()
        return outcome if isinstance(outcome, Answer) else self._append(cursor, request, context, outcome, outbox)

    def _run_batches(self, pool: Pool, request: Request, context: Context, outcome: Batches) -> Answer:
        batches = iter(outcome.batches)
        for number in itertools.count():
            with pool.transaction() as cursor:
                context.move_to(cursor)
                decision = next(batches, None)
                if decision is None:
                    final = outcome.final if isinstance(outcome.final, Decision) else outcome.final()
                    return self._append(cursor, request, context, final)
                self._append(cursor, _batch(request, number), context, decision)
        raise AssertionError("unreachable")

    def _decide(self, command: Command, context: Context) -> Decision | Batches | Answer:
        handler = self.handlers.get(type(command))
        if handler is None:
            raise LookupError(f"{self.service} has no handler for {type(command).__name__}")
        try:
            outcome = handler(command, context)
            _ = context.now  # of a handler that asked nothing, too, it is found out whether it was done before
        except AlreadyDone as done:
            return done.answer
        except Refusal as refusal:
            # A twin of this command may have been accepted while we were deciding: then its answer is ours.
            answer = context.answer_given_meanwhile()
            if answer is not None:
                return answer
            context.refuse_if_stale(refusal)
            raise
        return outcome

    def _append(
        self,
        cursor: Cursor,
        request: Request,
        context: Context,
        decision: Decision,
        outbox: Sequence[OutboxMessage] = (),
    ) -> Answer:
        if decision.changes:
            context.require_version(decision.changes[0].stream_id, decision.changes[0].expected_version)
        if decision.clause is None and context.clause is not None:
            decision = replace(decision, clause=context.clause)
        return append(
            cursor,
            scope=self.scope,
            principal=request.principal.name,
            command_id=request.command_id,
            request_digest=request.digest,
            decision=decision,
            metadata=request.metadata,
            recorded_at=context.now,
            outbox=outbox,
        )

    def _context(self, cursor: Cursor, command: Command, request: Request) -> Context:
        may_write = type(command) in self._writing
        return Context(request, cursor, self._authority, self._clocks, self.scope, may_write=may_write)

    def _request(
        self,
        command: Command,
        principal: Principal,
        key: str | UUID,
        expected_version: int | None,
        correlation_id: UUID | None,
        causation_id: UUID | None,
        traceparent: str | None,
        metadata: Metadata | None,
    ) -> Request:
        command_id = command_id_of(principal, key)
        metadata = metadata or Metadata(
            actor=principal.name,
            agency=principal.agency,
            correlation_id=correlation_id or command_id,
            causation_id=causation_id or command_id,
            traceparent=traceparent,
        )
        return Request(command_id, request_digest(command), principal, metadata, expected_version)


def _batch(request: Request, number: int) -> Request:
    return replace(request, command_id=uuid5(request.command_id, f"batch/{number}"), expected_version=None)
