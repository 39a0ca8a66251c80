"""What needs no system: help, clauses, wrong calls, and one clear line when nothing is there."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from chassis.identity.officers import Officers
from cli.main import app
from tests.integration.cli.conftest import Phoihop, Quiet


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    below = getattr(group, "commands", None)
    if below is None:
        yield path, group
        return
    for name, command in below.items():
        yield from commands(command, (*path, name))


COMMANDS = dict(commands(typer.main.get_command(app)))
CALLS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("token",): ("--agency", "dic"),
    ("read",): ("/enforcement/v1/orders",),
    ("orders",): ("--overdue",),
    ("timers",): (),
    ("reconcile",): ("registry.views", "--reason", "x"),
    ("case", "show"): ("62cdc27a-e212-5a72-bd58-402dd994bd1d",),
    ("topics", "check"): (),
    ("topics", "apply"): (),
    ("topics", "remake"): ("registry",),
    ("topics", "republish"): ("registry",),
    ("epoch", "raise"): ("registry", "--reason", "x"),
    ("audit", "verify"): (),
    ("audit", "head"): ("registry",),
    ("projections", "list"): (),
    ("projections", "rebuild"): ("registry.views", "--reason", "x"),
    ("parked", "list"): (),
    ("parked", "show"): ("registry", "1"),
    ("parked", "retry"): ("registry", "1", "--reason", "x"),
    ("parked", "discard"): ("registry", "1", "--reason", "x"),
}
"""Right calls of everything that needs the system."""


def test_every_command_is_called_here() -> None:
    assert CALLS.keys() | {("clause",)} == COMMANDS.keys()


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_an_example_and_speaks_json(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    _, marked, example = (command.help or "").partition("Example: ")
    assert marked
    assert f"phoihop {' '.join(path)}" in example
    assert "--json" in {option for parameter in command.params for option in parameter.opts}


def test_help_is_a_page_and_no_error(nowhere: Phoihop) -> None:
    said = nowhere.process("--help")
    assert (said.code, said.err) == (0, "")
    assert {path[0] for path in COMMANDS} <= set(said.out.split())


def test_without_a_system_a_program_says_so_in_one_line(nowhere: Phoihop) -> None:
    said = nowhere.process("audit", "verify")
    assert (said.code, said.out) == (3, "")
    assert said.err == (
        "cannot reach the system: DATABASE_URL_REGISTRY is not set and no local stack runs; start one with `make run`\n"
    )


@pytest.mark.parametrize("path", CALLS, ids=" ".join)
def test_without_a_system_every_command_says_so(nowhere: Phoihop, path: tuple[str, ...]) -> None:
    said = nowhere(*path, *CALLS[path], "--json")
    assert (said.code, said.out) == (3, "")
    assert said.err.startswith("cannot reach the system: ")
    assert said.err.count("\n") == 1
    assert "make run" in said.err


@pytest.mark.parametrize(
    "settings",
    [
        {"DATABASE_URL_REGISTRY": "postgresql://registry:x@127.0.0.1:1/registry"},
        {"DATABASE_URL_REGISTRY": "no dsn at all"},
    ],
    ids=["nobody listens", "no dsn"],
)
@pytest.mark.parametrize("call", [("audit", "verify", "registry"), ("parked", "list", "registry")], ids=" ".join)
def test_a_database_that_cannot_be_asked_is_no_broken_chain(
    nowhere: Phoihop, settings: dict[str, str], call: tuple[str, ...]
) -> None:
    said = nowhere(*call, **settings)
    assert (said.code, said.out, said.err.count("\n")) == (3, "", 1)
    assert said.err.startswith("cannot reach the system: ")


@pytest.mark.parametrize(
    "call",
    [
        (),
        ("nosuch",),
        ("audit", "verify", "registri"),
        ("audit", "verify", "--head", "head.json"),
        ("epoch", "raise", "registry"),
        ("epoch", "raise", "registry", "--reason", "  "),
        ("parked", "retry", "registry", "three", "--reason", "x"),
        ("case", "show", "not-an-id"),
        ("token", "--agency", "dic", "--role", "king"),
        ("read", "/registri/v1/agents"),
        ("timers", "registri"),
        ("topics", "check", "--colour"),
    ],
    ids=lambda call: " ".join(call) or "nothing",
)
def test_a_wrong_call_is_told_apart(nowhere: Phoihop, call: tuple[str, ...]) -> None:
    said = nowhere(*call)
    assert said.code == 2
    assert "Traceback" not in said.err
    assert said.out + said.err


def test_a_clause_is_shown_with_what_decides_and_proves_it(nowhere: Phoihop) -> None:
    shown = nowhere.told("clause", "HD-2.1d3")
    assert shown["instrument"]
    assert "hợp đồng" in shown["text"]
    assert shown["actions"] == ["contract-termination.demand", "order.execute"]
    assert any("issue_termination_round" in place for place in shown["decided_by"])
    assert any(place.startswith("tests/integration/enforcement/") for place in shown["tests"])
    file, _, line = shown["data"].rpartition(":")
    assert (file, int(line) > 0) == ("law/instruments/hd.yaml", True)
    said = nowhere.process("clause", "HD-2.1d3")
    assert said.code == 0
    assert "issue_termination_round" in said.out


def test_a_clause_that_is_not_there(nowhere: Phoihop) -> None:
    said = nowhere.process("clause", "HD-99", "--json")
    assert (said.code, said.out) == (1, "")
    assert said.err == "there is no clause HD-99; docs/clauses.md lists all of them\n"


def test_a_token_opens_the_doors(quiet: Quiet) -> None:
    keys = quiet.phoihop.environment["PHOIHOP_SECRETS"]
    with open(f"{keys}/jwt-issuer.pub.pem", "rb") as public:
        officers = Officers.from_pem(public.read())
    plain = quiet.phoihop.process("token", "--agency", "dpc.nam-sach", "--role", "leader", "--name", "vu-thi-d")
    principal = officers.verify(plain.out.strip())
    assert (principal.agency, principal.role, principal.area) == ("dpc.nam-sach", "leader", None)
    limited = officers.verify(quiet.phoihop.told("token", "--agency", "dic", "--area", "nam-sach")["token"])
    assert (limited.agency, limited.role, limited.area) == ("dic", "officer", "nam-sach")
