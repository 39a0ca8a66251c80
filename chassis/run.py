"""Starts one process of a service: `python -m services.<name> migrate | http | work`.

Only `http` runs on eventlet, and everything it imports later must find the patched standard library: nothing but this
module may be imported before `main` has patched. `services/<name>/__main__.py` is two lines, this import and the call.
"""

import sys
from importlib import import_module

ROLES = ("migrate", "http", "work")


def main(service: str, package: str | None = None) -> None:
    """Runs the role named on the command line and exits: 0 stopped as asked, 1 cannot start or died, 2 wrong usage.

    `package` holds the module `bootstrap`; `services.<service>` if not given.
    """
    role = sys.argv[1] if len(sys.argv) == 2 else ""
    if role == "http":
        _patch()
    if role not in ROLES:
        sys.exit(f"usage: python -m {package or f'services.{service}'} {' | '.join(ROLES)}")
    launch = import_module("chassis.launch")
    sys.exit(launch.launch(service, role, package or f"services.{service}"))


def _patch() -> None:
    """Green sockets and threads, nameko's world; name look-ups stay the operating system's own."""
    import os
    import warnings

    os.environ["EVENTLET_NO_GREENDNS"] = "yes"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # eventlet announces its own end on every import; docs/adr says how we leave it
        import eventlet

    eventlet.monkey_patch()
