"""What every response carries so that browsers take no liberties with it."""

from werkzeug.wrappers import Response

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
NOTHING = "default-src 'none'; frame-ancestors 'none'"
PAGE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
"""A page of ours: its own styles and inline pictures, no script."""
DOCUMENTATION = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'"
)


def secured(response: Response) -> Response:
    """Adds what is missing; a Content-Security-Policy that stands there already is kept."""
    for name, value in FIXED.items():
        response.headers.setdefault(name, value)
    policy = PAGE if response.mimetype == "text/html" else NOTHING
    response.headers.setdefault("Content-Security-Policy", policy)
    return response
