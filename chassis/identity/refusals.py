"""Why somebody is not let in. All are 401 with a code of their own; none says whether the thing asked for exists.

NotAuthenticated             nothing was shown
├── CredentialUnreadable     neither a token nor a key of ours
├── TokenExpired             or not valid yet
├── TokenTooLong             lives longer than ten minutes
├── ForeignIssuer            made by somebody else
├── ForeignAudience          made for somebody else
├── SignatureRefused         another algorithm (`none`, HS256 …) or a signature that does not fit
├── ClaimsIncomplete         a claim is missing or misshapen
├── KeyUnknown               well formed, but no such key
└── KeyRevoked               taken back
"""

from contracts.refusals import NotAuthenticated


class CredentialUnreadable(NotAuthenticated, code="credential-unreadable", status=401, title="This opens nothing"): ...


class TokenExpired(NotAuthenticated, code="token-expired", status=401, title="The token is not valid now"): ...


class TokenTooLong(NotAuthenticated, code="token-too-long", status=401, title="The token lives too long"): ...


class ForeignIssuer(
    NotAuthenticated, code="token-foreign-issuer", status=401, title="Somebody else made this token"
): ...


class ForeignAudience(
    NotAuthenticated, code="token-foreign-audience", status=401, title="This token is meant for somebody else"
): ...


class SignatureRefused(NotAuthenticated, code="token-signature", status=401, title="The signature does not hold"): ...


class ClaimsIncomplete(
    NotAuthenticated, code="token-claims", status=401, title="The token does not say enough about its holder"
): ...


class KeyUnknown(NotAuthenticated, code="key-unknown", status=401, title="There is no such key"): ...


class KeyRevoked(NotAuthenticated, code="key-revoked", status=401, title="This key was taken back"): ...
