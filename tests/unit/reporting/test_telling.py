"""A timeline is told in plain words: every fact of an inspection or a case has its sentence in both languages."""

import json
from pathlib import Path

import pytest

from contracts import catalogue
from services.reporting.domain.telling import SAID, said
from services.reporting.names import Names
from services.reporting.projections.facts import ids_in
from tests.unit.reporting.facts import ISP, LAW, SCOPE, uid

EXAMPLES = Path(__file__).parents[3] / "contracts" / "examples"
NAMES = Names(LAW, SCOPE, {str(ISP): "Công ty A"})
OF_A_CASE = [
    kind
    for kind, _ in catalogue.events()
    if kind.startswith(("inspection.", "enforcement.")) and not kind.startswith("inspection.programme-")
]


@pytest.mark.parametrize("kind", OF_A_CASE)
def test_every_fact_of_a_case_has_its_sentence(kind: str):
    assert kind in SAID, f"{kind}: add its sentence to services/reporting/domain/telling.py"


@pytest.mark.parametrize("kind", SAID)
def test_the_golden_example_can_be_told(kind: str):
    example = json.loads((EXAMPLES / kind / "1.json").read_text())
    told = said(kind, example, NAMES.of)
    assert told.vi
    assert told.en
    assert told.vi != told.en
    assert not set("{}") & set(told.vi + told.en)


def test_names_stand_for_codes_and_ids_and_times_are_local():
    data = {"addressee_id": str(ISP), "report_back_at": "2009-11-10T20:00:00Z"}
    told = said("enforcement.order-overdue", data, NAMES.of)
    assert told.vi == "Công ty A quá hạn báo cáo (03:00:00 ngày 11/11/2009)"
    assert told.en == "Công ty A did not report by 2009-11-11 03:00:00: the order is overdue"
    lead = said("inspection.inspection-lead-assigned", {"agency": "dic", "clause": "HD-2.1d1"}, NAMES.of)
    assert lead.vi == "Sở Thông tin và Truyền thông Hải Dương chủ trì, theo HD-2.1d1"


def test_a_fact_without_a_sentence_is_told_by_its_type():
    assert said("registry.agent-closed", {}, NAMES.of).en == "registry.agent-closed"


def test_every_id_in_a_fact_is_found_at_any_depth_and_nothing_else():
    inside = uid("deep")
    data = {"a": str(uid("top")), "b": [{"c": [str(inside)]}], "d": f"see {inside}", "e": 7, "f": None}
    assert set(ids_in(data)) == {uid("top"), inside}
