"""Filings hold the list that counts, instruments are registered once from the loaded law, summaries keep their text."""

import hashlib
import unicodedata
from datetime import date

import pytest

from contracts.commands.reporting import RecordFilingPart
from services.reporting.domain import filing as filings
from services.reporting.domain import instrument as instruments
from services.reporting.domain.errors import InstrumentNotInForce, UnknownInstrument
from services.reporting.domain.summary import compile_summary
from tests.support.specification import Specification
from tests.unit.reporting.facts import DAY, ISP, LAW, NOON, SCOPE, uid

given_filing = Specification(filings.INITIAL, filings.evolve).given
given_instrument = Specification(instruments.INITIAL, instruments.evolve).given


def part(list_name: str = "list", part: str = "agent-list") -> RecordFilingPart:
    return RecordFilingPart(provider_id=ISP, month="2009-10", part=part, list_id=uid(list_name), good=4, bad=1)


@pytest.mark.clause("HD-3b")
def test_a_list_is_filed_once_and_a_later_one_corrects_it():
    first = tuple(filings.record_part(filings.INITIAL, part()))
    assert [(event.list_id, event.month, event.good, event.bad) for event in first] == [(uid("list"), "2009-10", 4, 1)]
    given_filing(*first).when(lambda filing: filings.record_part(filing, part())).then_nothing()
    corrected = given_filing(*first).when(lambda filing: filings.record_part(filing, part("later")))
    corrected.then_(first[0].model_copy(update={"list_id": uid("later")}))


@pytest.mark.clause("HD-3b")
def test_each_part_of_a_filing_counts_by_itself():
    first = tuple(filings.record_part(filings.INITIAL, part()))
    other = given_filing(*first).when(lambda filing: filings.record_part(filing, part(part="training")))
    other.then_(first[0].model_copy(update={"part": "training"}))


def put(code: str, scope: str = SCOPE, day: date = DAY):
    return lambda state: instruments.put_in_force(state, LAW, scope, code, day)


@pytest.mark.clause("HD-00b")
def test_an_instrument_is_put_in_force_once():
    registered = instruments.put_in_force(instruments.INITIAL, LAW, SCOPE, "hd", DAY)
    assert [(event.instrument_id, event.issuer, event.clauses) for event in registered] == [
        ("hd", "ppc", len(LAW.instruments["HD"].clauses))
    ]
    given_instrument(*registered).when(put("hd")).then_nothing()


def test_every_instrument_in_force_can_be_registered():
    for scope in LAW.provinces:
        for instrument in LAW.instruments_in_force(scope, date(2026, 11, 23)):
            code = instruments.code_of(instrument)
            assert instruments.put_in_force(instruments.INITIAL, LAW, scope, code, date(2026, 11, 23))


def test_an_instrument_of_another_province_is_not_in_force_here():
    given_instrument().when(put("la")).then_raises(InstrumentNotInForce)
    given_instrument().when(put("qd-1")).then_raises(UnknownInstrument)


@pytest.mark.clause("HD-7")
def test_a_summarys_hash_is_of_its_very_text():
    decomposed = unicodedata.normalize("NFD", "Hải Dương")
    made = compile_summary(uid("summary"), "Tháng 11", NOON, {"b": 1, "a": {"d": decomposed, "c": None}})
    assert made.content == '{"a":{"c":null,"d":"Hải Dương"},"b":1}'
    assert made.sha256 == hashlib.sha256(made.content.encode()).hexdigest()
