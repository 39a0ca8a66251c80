"""The notices name what the lock brings, each with a licence."""

import re
from pathlib import Path

from cli.generate import notices
from tests.architecture.tracked import ROOT, text


def test_every_package_that_runs_is_named_as_the_lock_pins_it() -> None:
    pinned = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text(Path("requirements.lock")), re.MULTILINE))
    found = notices.runtime(ROOT)
    assert {name: one.version for name, one in found.items()} == {name: pinned[name] for name in found}
    assert {"kafka-python", "psycopg2-binary", "eventlet", "crc32c"} <= found.keys()
    assert "pytest" not in found


def test_both_servers_are_named() -> None:
    assert {name for name, _, _ in notices.servers(ROOT)} >= {"PostgreSQL", "Apache Kafka"}
