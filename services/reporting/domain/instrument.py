"""An instrument (văn bản) as it applies in the province: registered once, from the loaded law."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from contracts.envelope import PHOIHOP, Event
from contracts.events.reporting import InstrumentRegistered
from law.clauses import Instrument, Law
from services.reporting.domain.errors import InstrumentNotInForce, UnknownInstrument

CATEGORY = "instrument"


@dataclass(frozen=True, slots=True)
class Registered:
    stands: bool = False


INITIAL = Registered()


def code_of(instrument: Instrument) -> str:
    """The instrument's id as events write it: `hd`, `nd-97-2008`."""
    return instrument.id.lower()


def stream_of(scope: str, code: str) -> UUID:
    return uuid5(PHOIHOP, f"instrument/{scope}/{code}")


def put_in_force(state: Registered, law: Law, scope: str, code: str, on_day: date) -> tuple[InstrumentRegistered, ...]:
    """Nothing when it stands already. Raises UnknownInstrument, InstrumentNotInForce."""
    if state.stands:
        return ()
    loaded = {code_of(instrument): instrument for instrument in law.instruments.values()}
    if code not in loaded:
        raise UnknownInstrument("no instrument '{instrument}' is loaded", instrument=code, known=sorted(loaded))
    instrument = loaded[code]
    if instrument not in law.instruments_in_force(scope, on_day):
        raise InstrumentNotInForce(
            "'{instrument}' is not in force in {scope} on {on_day}", instrument=code, scope=scope, on_day=on_day
        )
    return (
        InstrumentRegistered(
            instrument_id=code,
            title=instrument.title.vi,
            issuer=instrument.issuer,
            number=instrument.number,
            valid_from=instrument.valid_from,
            clauses=len(instrument.clauses),
        ),
    )


def evolve(state: Registered, event: Event) -> Registered:
    return Registered(stands=True) if isinstance(event, InstrumentRegistered) else state
