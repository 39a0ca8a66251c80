"""ETags of reads: a client asks whether something changed, and says with If-Match what it has seen.

The tag is strong: the same tag, the same bytes. Of a single thing it begins with the version of its stream, and
`If-Match` reads that part, so that what a read answered goes back as it came.
"""

import re
from hashlib import sha256

from pydantic import BaseModel
from werkzeug.http import parse_etags
from werkzeug.wrappers import Response

REVALIDATE = "private, no-cache"
"""May be kept by the one who asked, and is used again only when we say that it still holds."""
DIGEST_LENGTH = 32
TAGGED_VERSION = re.compile(rf'"([0-9]{{1,9}})(?:\.[0-9a-f]{{{DIGEST_LENGTH}}})?"')
"""`"7.<digest>"` as a read gives it, or the bare `"7"`."""


def etag_of(found: object, body: bytes) -> str:
    """`7.<digest>` of a view whose `version` is a stream's, `<digest>` of everything else; without quotes."""
    digest = sha256(body).hexdigest()[:DIGEST_LENGTH]
    version = getattr(found, "version", None) if isinstance(found, BaseModel) else None
    return f"{version}.{digest}" if isinstance(version, int) else digest


def validated(response: Response, found: object, if_none_match: str | None) -> Response:
    """The response with its ETag, or 304 without a body when the caller has these very bytes."""
    tag = etag_of(found, response.get_data())
    response.set_etag(tag)
    response.headers["Cache-Control"] = REVALIDATE
    known = parse_etags(if_none_match)
    if not (known.star_tag or known.contains_weak(tag)):
        return response
    kept = {name: value for name, value in response.headers if name in ("ETag", "Cache-Control", "Vary")}
    return Response(status=304, headers=kept)
