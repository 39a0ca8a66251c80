"""Officers show a bearer token: a JWT with pinned algorithm, issuer and audience, good for ten minutes at most.

Claims: `sub` (the officer), `agency`, `role`, and `area` where the officer answers for a part of the territory only.
The local issuer below makes the same tokens for the story and the command line; a real one publishes its public key.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from chassis.identity.principal import Principal, officer
from chassis.identity.refusals import (
    ClaimsIncomplete,
    CredentialUnreadable,
    ForeignAudience,
    ForeignIssuer,
    SignatureRefused,
    TokenExpired,
    TokenTooLong,
)
from chassis.settings import CannotStart

AUDIENCE = "phoihop"
LOCAL_ISSUER = "phoihop-local"
LONGEST_LIFE = timedelta(minutes=10)
LEEWAY = timedelta(seconds=10)
"""How far two clocks may be apart."""

CODE = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Officers:
    """Verifies tokens of one issuer. The algorithm follows from the key, never from the token."""

    key: Ed25519PublicKey | EllipticCurvePublicKey
    issuer: str = LOCAL_ISSUER

    @classmethod
    def from_pem(cls, public_key: bytes, issuer: str = LOCAL_ISSUER) -> "Officers":
        """Raises CannotStart unless it is an Ed25519 or a P-256 key."""
        try:
            key = load_pem_public_key(public_key)
        except ValueError:
            raise CannotStart("the issuer's public key is no PEM file") from None
        if isinstance(key, Ed25519PublicKey) or (
            isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)
        ):
            return cls(key, issuer)
        raise CannotStart("the issuer's public key must be Ed25519 or P-256")

    @property
    def algorithm(self) -> str:
        return "EdDSA" if isinstance(self.key, Ed25519PublicKey) else "ES256"

    def verify(self, token: str) -> Principal:
        """Raises one of `chassis.identity.refusals`; never says which part of a signature was wrong."""
        claims = self._claims(token)
        if timedelta(seconds=claims["exp"] - claims["iat"]) > LONGEST_LIFE:
            raise TokenTooLong("a token may live {minutes} minutes at most", minutes=LONGEST_LIFE.seconds // 60)
        texts = {name: _code(claims, name) for name in ("sub", "agency", "role")}
        area = _code(claims, "area") if claims.get("area") is not None else None
        return officer(texts["agency"], texts["sub"], texts["role"], area)

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                self.key,
                algorithms=[self.algorithm],
                audience=AUDIENCE,
                issuer=self.issuer,
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud", "sub"], "strict_aud": True},
            )
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
            raise TokenExpired("the token is expired or not valid yet; ask the issuer for a new one") from None
        except jwt.InvalidIssuerError:
            raise ForeignIssuer("tokens must come from {issuer}", issuer=self.issuer) from None
        except jwt.InvalidAudienceError:
            raise ForeignAudience("the token's audience must be {audience}", audience=AUDIENCE) from None
        except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError):
            raise SignatureRefused(
                "tokens must be signed by the issuer with {algorithm}", algorithm=self.algorithm
            ) from None
        except jwt.MissingRequiredClaimError as missing:
            raise ClaimsIncomplete("the claim {claim} is missing", claim=missing.claim) from None
        except jwt.DecodeError:
            raise CredentialUnreadable("the token cannot be read") from None
        except jwt.InvalidTokenError:
            raise ClaimsIncomplete("a claim of the token is misshapen") from None


def issue_token(
    private_key: bytes,
    *,
    agency: str,
    role: str,
    subject: str,
    area: str | None = None,
    issuer: str = LOCAL_ISSUER,
    audience: str = AUDIENCE,
    lifetime: timedelta = LONGEST_LIFE,
    now: datetime | None = None,
) -> str:
    """A token of the local issuer. `private_key`: an Ed25519 key in PEM; `now`: the machine's clock if not given."""
    moment = now or datetime.now(UTC)
    claims: dict[str, object] = {"sub": subject, "agency": agency, "role": role, "iss": issuer, "aud": audience}
    claims |= {"iat": moment, "exp": moment + lifetime} | ({"area": area} if area else {})
    return jwt.encode(claims, private_key, algorithm="EdDSA")


def _code(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not CODE.fullmatch(value):
        raise ClaimsIncomplete("the claim {name} must be a lower-case code", name=name)
    return value
