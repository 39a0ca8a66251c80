"""An ISP or telecom company (doanh nghiệp viễn thông) and the keys that open the HTTP doors for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from contracts.commands.registry import IssueApiKey, RegisterProvider, RevokeApiKey
from contracts.envelope import Event
from contracts.events.registry import ApiKeyIssued, ApiKeyRevoked, ProviderRegistered
from services.registry.domain.errors import KeyAlreadyRevoked, KeyNotFound, NotAnIsp, NotATelecom, ProviderNotFound

CATEGORY = "provider"


@dataclass(frozen=True, slots=True)
class Provider:
    code: str = ""
    name: str = ""
    kinds: frozenset[str] = frozenset()
    keys: Mapping[str, bool] = field(default_factory=dict)
    """Key ids, and whether the key still opens anything."""

    @property
    def exists(self) -> bool:
        return bool(self.code)


def register_provider(provider_id: UUID, command: RegisterProvider) -> ProviderRegistered:
    return ProviderRegistered(
        provider_id=provider_id,
        code=command.code,
        name=command.name,
        kinds=tuple(sorted(set(command.kinds))),
        licence_number=command.licence_number,
    )


def issue_api_key(provider: Provider, command: IssueApiKey, key_id: str, verifier: str) -> ApiKeyIssued:
    """Raises ProviderNotFound."""
    _existing(provider, command.provider_id)
    return ApiKeyIssued(key_id=key_id, provider_id=command.provider_id, verifier=verifier)


def revoke_api_key(provider: Provider, command: RevokeApiKey) -> ApiKeyRevoked:
    """Raises ProviderNotFound, KeyNotFound, KeyAlreadyRevoked."""
    _existing(provider, command.provider_id)
    if command.key_id not in provider.keys:
        raise KeyNotFound("{provider} has no key {key_id}", provider=provider.name, key_id=command.key_id)
    if not provider.keys[command.key_id]:
        raise KeyAlreadyRevoked("Key {key_id} was taken back before", key_id=command.key_id)
    return ApiKeyRevoked(key_id=command.key_id, provider_id=command.provider_id, reason=command.reason)


def require_isp(provider: Provider, provider_id: UUID) -> None:
    """Raises ProviderNotFound, NotAnIsp."""
    _existing(provider, provider_id)
    if "isp" not in provider.kinds:
        raise NotAnIsp("{provider} is not entered as an ISP", provider=provider.name, provider_id=str(provider_id))


def require_telecom(provider: Provider, provider_id: UUID) -> None:
    """Raises ProviderNotFound, NotATelecom."""
    _existing(provider, provider_id)
    if "telecom" not in provider.kinds:
        raise NotATelecom(
            "{provider} is not entered as a telecom company", provider=provider.name, provider_id=str(provider_id)
        )


def _existing(provider: Provider, provider_id: UUID) -> None:
    if not provider.exists:
        raise ProviderNotFound("No company {provider_id} is in the register", provider_id=str(provider_id))


def evolve(provider: Provider, event: Event) -> Provider:
    match event:
        case ProviderRegistered():
            return replace(provider, code=event.code, name=event.name, kinds=frozenset(event.kinds))
        case ApiKeyIssued():
            return replace(provider, keys={**provider.keys, event.key_id: True})
        case ApiKeyRevoked():
            return replace(provider, keys={**provider.keys, event.key_id: False})
        case _:
            return provider
