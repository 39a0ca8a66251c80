"""Reads the `Authorization` header: `Bearer <token>` of an officer or `Bearer phk_…` of a company."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from chassis.identity import api_keys
from chassis.identity.officers import Officers
from chassis.identity.principal import Principal
from chassis.identity.refusals import CredentialUnreadable
from contracts.refusals import NotAuthenticated
from contracts.sql import Cursor

Reading = Callable[[], AbstractContextManager[Cursor]]
"""Opens a short read-only transaction on the service's own database."""

LONGEST_CREDENTIAL = 4096


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """Tells who is asking."""

    officers: Officers
    pepper: bytes = field(repr=False)

    def identify(self, authorization: str | None, reading: Reading) -> Principal:
        """Raises NotAuthenticated or one of its kinds (chassis.identity.refusals)."""
        if authorization is None:
            raise NotAuthenticated("show a token or an API key: Authorization: Bearer …")
        scheme, _, credential = authorization.strip().partition(" ")
        credential = credential.strip()
        if scheme.lower() != "bearer" or not credential or len(credential) > LONGEST_CREDENTIAL:
            raise CredentialUnreadable("the header must read: Authorization: Bearer <token or API key>")
        if not credential.startswith(api_keys.PREFIX):
            return self.officers.verify(credential)
        api_keys.checked_id(credential)
        with reading() as cursor:
            return api_keys.verify(self.pepper, credential, cursor)
