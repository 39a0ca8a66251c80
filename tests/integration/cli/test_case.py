"""The life of a case over all services, as reporting tells it."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from deploy.local.stack.servers import Servers
from tests.integration.cli.conftest import Phoihop, give, pointed_at
from tests.integration.reporting import bus, province
from tests.integration.reporting.conftest import prepare
from tests.support.running_service import running
from tests.support.stack_fixture import Databases


@pytest.fixture(scope="module")
def phoihop(servers: Servers, databases: Databases) -> Iterator[Phoihop]:
    """Pointed at a reporting that knows the small province."""
    database = databases.copy_of("reporting", prepare, "reporting")
    give("reporting", database, bus.messages())
    with running(servers, "reporting", database, roles=("http",)):
        url = f"http://127.0.0.1:{servers.ports.http['reporting']}"
        yield Phoihop({**pointed_at(servers, database).environment, "PHOIHOP_URL_REPORTING": url})
    databases.drop(database)


def test_a_case_is_told_in_both_languages(phoihop: Phoihop) -> None:
    timeline = phoihop.told("case", "show", province.CASE)
    facts = timeline["facts"]
    assert [fact["sequenced_at"] for fact in facts] == sorted(fact["sequenced_at"] for fact in facts)
    for language in ("en", "vi"):
        said = phoihop.process("case", "show", province.CASE, "--language", language)
        assert (said.code, said.err) == (0, "")
        assert all(fact["said"][language] in said.out for fact in facts)
        assert "10/11/2009" in said.out  # the day as it is in Hải Dương
        assert all(f"{fact['source']} {fact['position']}" in said.out for fact in facts)


def test_a_case_nobody_knows(phoihop: Phoihop) -> None:
    said = phoihop("case", "show", uuid4(), "--json")
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert "there is no case" in said.err


def test_nobody_answers(phoihop: Phoihop) -> None:
    said = phoihop("case", "show", province.CASE, PHOIHOP_URL_REPORTING="http://127.0.0.1:1")
    assert (said.code, said.out) == (3, "")
    assert said.err.startswith("cannot reach the system: ")
