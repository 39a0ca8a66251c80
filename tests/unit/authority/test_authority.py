"""Who may do what, as the services hear it: a clause, our own policy, or one of four clear refusals."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from chassis.identity.principal import agency_system, company, officer, service
from contracts.refusals import Forbidden, NoBasis, NotInForce, ReservedToAnother
from law.clauses import load_law
from services.authority import LawAuthority, law_authority

TODAY = date(2026, 11, 20)
COMPANY = uuid4()
DIC = officer("dic", "le-van-a", "officer")
POLICE = officer("ppd", "tran-b", "officer")

authority = law_authority("hai-duong")


def ask(principal, action, *, area=None, on_day=TODAY, of=authority, **facts):
    return of(principal=principal, action=action, on_day=on_day, area=area, facts=facts)


def with_hd_valid(valid_from=None, valid_to=None):
    law = load_law()
    directive = law.instruments["HD"].model_copy(update={"valid_from": valid_from, "valid_to": valid_to})
    return LawAuthority(replace(law, instruments={**law.instruments, "HD": directive}), "hai-duong")


@pytest.mark.clause("HD-2.1d3")
def test_a_granted_power_answers_its_clause():
    assert ask(DIC, "contract-termination.demand") == "HD-2.1d3"


@pytest.mark.clause("HD-2.1b3")
def test_keeping_the_register_is_our_own_policy():
    assert ask(DIC, "agent.register", area="gia-loc") is None


@pytest.mark.clause("HD-2.1d3")
def test_a_power_of_another_body_is_refused_with_its_name_and_clause():
    with pytest.raises(ReservedToAnother) as raised:
        ask(POLICE, "contract-termination.demand")
    expected = {"reserved_to": ["dic"], "clause": "HD-2.1d3", "action": "contract-termination.demand"}
    assert expected == raised.value.members
    assert "Department of Information and Communications" in raised.value.detail


@pytest.mark.clause("HD-2.6b")
def test_an_agencys_system_on_the_bus_has_its_agencys_powers_only():
    with pytest.raises(ReservedToAnother) as raised:
        ask(agency_system("ppd"), "programme.approve")
    assert (raised.value.members["reserved_to"], raised.value.members["clause"]) == (["ppc"], "HD-2.6b")


def test_silence_is_no_basis_and_cites_no_clause():
    with pytest.raises(NoBasis) as raised:
        ask(DIC, "certificate.revoke")
    assert raised.value.members == {"reserved_to": [], "clause": None, "action": "certificate.revoke"}


def test_an_action_nobody_thought_of_has_no_basis():
    with pytest.raises(NoBasis):
        ask(DIC, "agent.fly-to-the-moon")


@pytest.mark.parametrize(
    ("validity", "day"),
    [({"valid_from": date(2027, 1, 1)}, TODAY), ({"valid_to": date(2026, 1, 1)}, TODAY)],
    ids=["not yet", "no longer"],
)
def test_a_clause_that_is_not_in_force_is_named(validity, day):
    with pytest.raises(NotInForce) as raised:
        ask(DIC, "contract-termination.demand", on_day=day, of=with_hd_valid(**validity))
    assert raised.value.members["clause"] == "HD-2.1d3"


@pytest.mark.clause("HD-2.3d")
def test_the_category_decides_who_leads():
    assert ask(POLICE, "inspection.lead", category="information-security") == "HD-2.3d"
    with pytest.raises(ReservedToAnother):
        ask(DIC, "inspection.lead", category="information-security")


def test_an_officer_of_a_district_acts_in_that_district_only():
    assert ask(officer("dic", "a", "officer", area="gia-loc"), "agent.register", area="gia-loc") is None
    with pytest.raises(Forbidden, match="gia-loc"):
        ask(officer("dic", "a", "officer", area="gia-loc"), "agent.register", area="tu-ky")


def test_a_reader_changes_nothing():
    with pytest.raises(Forbidden, match="reader"):
        ask(officer("dic", "a", "reader"), "agent.register")


@pytest.mark.clause("HD-3b")
def test_a_company_files_for_itself():
    assert ask(company(COMPANY), "filing.submit", company_id=COMPANY) == "HD-3b"


@pytest.mark.parametrize("facts", [{}, {"company_id": uuid4()}], ids=["for nobody", "for another"])
def test_a_company_does_nothing_for_another(facts):
    with pytest.raises(Forbidden, match="itself"):
        ask(company(COMPANY), "filing.submit", **facts)


@pytest.mark.clause("HD-2.1d3", "HD-3c4")
@pytest.mark.parametrize("action", ["order.execute", "order.acknowledge", "order.report", "order.object"])
def test_an_addressee_answers_its_order(action):
    assert ask(company(COMPANY), action, company_id=COMPANY, kinds=("isp",)) == "HD-2.1d3"
    assert ask(company(COMPANY), action, company_id=COMPANY, kinds=("telecom",)) == "HD-3c4"


@pytest.mark.parametrize(
    ("action", "reserved_to"), [("contract-termination.demand", ["dic"]), ("programme.approve", ["ppc"])]
)
def test_a_company_has_no_power_of_an_agency(action, reserved_to):
    with pytest.raises(ReservedToAnother) as raised:
        ask(company(COMPANY), action, company_id=COMPANY)
    assert reserved_to == raised.value.members["reserved_to"]


def test_a_company_cannot_keep_the_register():
    with pytest.raises(NoBasis):
        ask(company(COMPANY), "agent.register", company_id=COMPANY)


def test_a_company_manages_its_own_endpoint():
    assert ask(company(COMPANY), "endpoint.register", company_id=COMPANY) is None


def test_a_reaction_of_a_service_needs_no_power():
    assert ask(service("registry"), "contract.record") is None
