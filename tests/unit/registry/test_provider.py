"""What a company and its keys may become."""

from uuid import uuid4

from contracts.commands.registry import IssueApiKey, RegisterProvider, RevokeApiKey
from contracts.events.registry import ApiKeyIssued, ApiKeyRevoked, ProviderRegistered
from services.registry.domain import errors
from services.registry.domain.provider import (
    Provider,
    evolve,
    issue_api_key,
    register_provider,
    require_isp,
    require_telecom,
    revoke_api_key,
)
from tests.support.specification import Specification

ID = uuid4()
REGISTERED = ProviderRegistered(provider_id=ID, code="net-mau", name="Net (mẫu)", kinds=("isp",), licence_number=None)
ISSUED = ApiKeyIssued(key_id="AbCd1234", provider_id=ID, verifier="00" * 32)
REVOKED = ApiKeyRevoked(key_id="AbCd1234", provider_id=ID, reason="Lộ khóa")
REVOKE = RevokeApiKey(provider_id=ID, key_id="AbCd1234", reason="Lộ khóa")

given = Specification(Provider(), evolve).given


def issuing():
    return lambda provider: issue_api_key(provider, IssueApiKey(provider_id=ID), ISSUED.key_id, ISSUED.verifier)


def revoking():
    return lambda provider: revoke_api_key(provider, REVOKE)


def test_a_company_enters_the_register_with_each_kind_once():
    command = RegisterProvider(code="net-mau", name="Net (mẫu)", kinds=("telecom", "isp"))
    event = REGISTERED.model_copy(update={"kinds": ("isp", "telecom")})
    given().when(lambda _: register_provider(ID, command)).then_(event)


def test_a_registered_company_gets_a_key():
    given(REGISTERED).when(issuing()).then_(ISSUED)


def test_a_company_nobody_registered_gets_no_key():
    given().when(issuing()).then_raises(errors.ProviderNotFound, provider_id=str(ID))


def test_a_key_is_taken_back():
    given(REGISTERED, ISSUED).when(revoking()).then_(REVOKED)


def test_a_key_is_taken_back_once():
    given(REGISTERED, ISSUED, REVOKED).when(revoking()).then_raises(errors.KeyAlreadyRevoked, key_id="AbCd1234")


def test_a_key_of_another_company_does_not_exist():
    given(REGISTERED).when(revoking()).then_raises(errors.KeyNotFound, key_id="AbCd1234")


def test_a_contract_needs_an_isp_and_a_line_a_telecom_company():
    given(REGISTERED).when(lambda provider: require_isp(provider, ID)).then_nothing()
    given(REGISTERED).when(lambda provider: require_telecom(provider, ID)).then_raises(errors.NotATelecom)
    given(REGISTERED.model_copy(update={"kinds": ("telecom",)})).when(
        lambda provider: require_isp(provider, ID)
    ).then_raises(errors.NotAnIsp)
