"""What reporting does when its work begins: the instruments in force are registered, their duties assigned.

Keys of these commands derive from the law and from what is asked: the same start again asks for nothing new, a start
with other law or on another day does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from chassis.identity.principal import service
from chassis.postgres.pool import Pool
from chassis.store.commands import Commands
from chassis.timers.clocks import CLOCKS, Clocks
from contracts.commands.reporting import AssignDuties, PutInstrumentInForce, RegisteredCompany
from contracts.envelope import Command
from law.clauses import Law
from services.reporting.domain.instrument import code_of
from services.reporting.projections.register import PROVIDERS

COMPANIES_AT_ONCE = 100


@dataclass(frozen=True)
class LawInForce:
    """One of `Work`'s `at_start`: raises what `Commands.execute` raises, to be tried again."""

    law: Law
    commands: Commands
    clocks: Clocks = CLOCKS

    def __call__(self, pool: Pool) -> None:
        with pool.transaction(read_only=True) as cursor:
            today = self.clocks.calendar.today(self.clocks.wall.now(cursor))
            cursor.execute(PROVIDERS)
            known = [RegisteredCompany(provider_id=row[0], kinds=tuple(row[1])) for row in cursor.fetchall()]
        law = self._digest()
        for command in self._asked(today, known):
            asked = f"{law}/{today}/{command.message_type}\n{command.model_dump_json()}"
            self.commands.execute(
                pool,
                command,
                principal=service(self.commands.service),
                key=f"start/{sha256(asked.encode()).hexdigest()}",
            )

    def _asked(self, today: date, known: Sequence[RegisteredCompany]) -> Iterator[Command]:
        for instrument in self.law.instruments_in_force(self.commands.scope, today):
            yield PutInstrumentInForce(instrument_id=code_of(instrument))
        yield AssignDuties(on_day=today)
        for first in range(0, len(known), COMPANIES_AT_ONCE):
            yield AssignDuties(on_day=today, companies=tuple(known[first : first + COMPANIES_AT_ONCE]))

    def _digest(self) -> str:
        """Changes with any word of the clauses or of who holds them."""
        text = "\n".join(clause.model_dump_json() for clause in self.law.clauses())
        return sha256(text.encode()).hexdigest()
