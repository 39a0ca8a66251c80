"""The signing keys of endpoints in the database: made, replaced, opened. Nothing but this module touches the table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contracts.sql import Cursor
from services.notify.domain.refusals import TooManySecrets
from services.notify.domain.signature import SigningKey
from services.notify.keys import KeyPair, Seal

Query = Callable[[str, Any], list[tuple[Any, ...]]]
"""A handler's `context.query`: the command's own transaction."""

OVERLAP_HOURS = 24
"""How long a replaced key goes on signing beside the new one."""
MOST_VALID = 3
"""Keys of one endpoint that are valid at once."""

VALID = """
select secret_id, sealed from endpoint_secret
where endpoint_id = %s and (valid_until is null or valid_until > clock_timestamp()) order by made_at desc
"""
REPLACE = f"""
update endpoint_secret set valid_until = clock_timestamp() + interval '{OVERLAP_HOURS} hours'
where endpoint_id = %s and valid_until is null returning secret_id
"""
KEEP = """
insert into endpoint_secret (secret_id, endpoint_id, sealed, public_key) values (%s, %s, %s, %s)
on conflict (secret_id) do nothing returning secret_id
"""
"""Of two who send the same command at once the second finds the first one's, and then its answer."""
FIND = "select sealed from endpoint_secret where secret_id = %s"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the company is told of a key pair: once, and again only for the same command."""

    secret: str
    public_key: str


class Vault:
    def __init__(self, seal: Seal) -> None:
        self._seal = seal

    def make(self, query: Query, endpoint_id: UUID, secret_id: UUID) -> None:
        """A new pair beside the old ones, in the command's transaction. Raises TooManySecrets."""
        if len(query(VALID, (endpoint_id,))) >= MOST_VALID:
            raise TooManySecrets(
                "{limit} secrets are valid now; the oldest ends within {hours} hours.",
                limit=MOST_VALID,
                hours=OVERLAP_HOURS,
            )
        pair = KeyPair.made_now()
        query(REPLACE, (endpoint_id,))
        query(KEEP, (secret_id, endpoint_id, self._seal.close(pair, secret_id), pair.ed25519.public_text()))

    def signing_keys(self, cursor: Cursor, endpoint_id: UUID) -> tuple[SigningKey, ...]:
        """Every key valid now, the newest first. Raises SealBroken."""
        cursor.execute(VALID, (endpoint_id,))
        pairs = [self._seal.open(sealed, secret_id) for secret_id, sealed in cursor.fetchall()]
        return tuple(key for pair in pairs for key in pair.signing_keys())

    def show(self, cursor: Cursor, secret_id: UUID) -> Shown:
        """Raises LookupError, SealBroken."""
        cursor.execute(FIND, (secret_id,))
        row = cursor.fetchone()
        if row is None:
            raise LookupError(f"there is no secret {secret_id}")
        pair = self._seal.open(row[0], secret_id)
        return Shown(pair.hmac.text(), pair.ed25519.public_text())
