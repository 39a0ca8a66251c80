#!/usr/bin/env python3
"""The provincial police's own system (Công an tỉnh), as it might be: one small program that speaks Kafka.

It knows nothing of the other side but what `docs/guide-for-agencies.md` says: where commands go, where answers come
from, what a message looks like. Commands leave as CloudEvents in binary mode on the police's command topic, which only
the police may write; answers come back on the reply topic.

Before a command is first sent, its exact bytes are written to the journal. A run after a crash sends the same bytes
again under the same id, and is told what was decided the first time.

Exit code: 0 every expected answer came, 1 an answer was another than expected, 2 wrong usage, 3 an answer is missing.
"""

import argparse
import json
import os
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

from confluent_kafka import (  # type: ignore[import-not-found]  # in this program's own environment alone
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

COMMANDS = "inspection.commands.ppd.v1"
REPLIES = "inspection.replies.ppd.v1"
SOURCE = "/agencies/ppd"

ALL_GOOD, NOT_AS_EXPECTED, WRONG_USAGE, NO_ANSWER = range(4)


class Trouble(Exception):
    """Something a person must put right; the text says what."""

    code = WRONG_USAGE


class Unreachable(Trouble):
    code = NO_ANSWER


COMMAND_OF = {
    "accept": "inspection.accept-invitation",
    "decline": "inspection.decline-invitation",
    "violation": "inspection.record-violation",
    "conclude": "inspection.conclude-inspection",
    "approve": "inspection.approve-programme",
}
VERSION = 1
"""Of the schemas of all these commands."""


@dataclass(frozen=True)
class Step:
    """One command: what to `do`, its fields, and the answer that is expected: "accepted", "refused", a refusal's code,
    or None for any. `attempt` makes it another command, to ask anew what was refused before."""

    do: str
    fields: dict[str, Any]
    expect: str | None = None
    attempt: int = 1

    def is_met_by(self, answer: dict[str, Any]) -> bool:
        return self.expect in (None, answer["status"], (answer.get("problem") or {}).get("code"))


class Journal:
    """A folder that remembers every command by its id: the bytes that were sent, and the answer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        namespace = folder / "journal-id"
        if not namespace.exists():
            _write(namespace, str(uuid4()).encode())
        self.id = UUID(namespace.read_text().strip())

    def message(self, step: Step) -> "Outgoing":
        """The step as it is sent: as it was written the first time, or made and written now."""
        value = json.dumps(step.fields, ensure_ascii=False, sort_keys=True)
        command_id = uuid5(self.id, f"{step.do}/{step.attempt}\n{value}")
        file = self.folder / f"{command_id}.command.json"
        if not file.exists():
            headers = {
                "ce_specversion": "1.0",
                "ce_id": str(command_id),
                "ce_type": COMMAND_OF[step.do],
                "ce_source": SOURCE,
                "ce_time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "ce_dataschema": f"urn:phoihop:schema:{COMMAND_OF[step.do]}:{VERSION}",
                "content-type": "application/json",
            }
            _write(file, json.dumps({"headers": headers, "value": value}, ensure_ascii=False).encode())
        written = json.loads(file.read_bytes())
        return Outgoing(str(command_id), written["headers"], written["value"].encode(), step)

    def keep_answer(self, command_id: str, answer: dict[str, Any]) -> None:
        _write(self.folder / f"{command_id}.answer.json", json.dumps(answer, ensure_ascii=False, indent=1).encode())


@dataclass(frozen=True)
class Outgoing:
    id: str
    headers: dict[str, str]
    value: bytes
    step: Step


def _write(file: Path, content: bytes) -> None:
    """All or nothing, and on the disk before anything is sent."""
    draft = file.with_suffix(".draft")
    with draft.open("wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
    draft.replace(file)


class Bus:
    """The two topics of the police. Answers are read from the beginning: those of an earlier run are among them."""

    def __init__(self, bootstrap: str, user: str, password: str) -> None:
        settings = {
            "bootstrap.servers": bootstrap,
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanisms": "SCRAM-SHA-512",
            "sasl.username": user,
            "sasl.password": password,
            "log_level": 0,
        }
        self._producer = Producer({**settings, "enable.idempotence": True, "linger.ms": 0})
        self._consumer = Consumer(
            {**settings, "group.id": f"{user}.police", "enable.auto.commit": False, "auto.offset.reset": "earliest"}
        )
        self._consumer.assign([TopicPartition(REPLIES, 0, OFFSET_BEGINNING)])
        self._answers: dict[str, dict[str, Any]] = {}

    def close(self) -> None:
        self._consumer.close()

    def send(self, message: Outgoing, timeout_s: float) -> None:
        """Returns when Kafka has it. Raises Unreachable when it was not taken in time."""
        refused: list[KafkaError] = []

        def noted(error: KafkaError | None, _: Message) -> None:
            if error is not None:
                refused.append(error)

        headers = [(name, text.encode()) for name, text in message.headers.items()]
        self._producer.produce(COMMANDS, value=message.value, headers=headers, on_delivery=noted)
        left = self._producer.flush(timeout_s)
        if refused or left:
            raise Unreachable(f"the command could not be sent: {refused[0].str() if refused else 'no answer in time'}")

    def answer_to(self, sent_id: str, timeout_s: float) -> dict[str, Any] | None:
        """The answer to that message, or None when none comes in time. Raises Unreachable."""
        deadline = time.monotonic() + timeout_s
        while sent_id not in self._answers and (left := deadline - time.monotonic()) > 0:
            message = self._consumer.poll(min(left, 0.5))
            if message is None:
                continue
            if (error := message.error()) is None:
                answer = _answer(message)
                self._answers.setdefault(answer["to"], answer)
            elif not error.retriable():
                raise Unreachable(f"the answers cannot be read: {error.str()}")
        return self._answers.get(sent_id)


def _answer(message: Message) -> dict[str, Any]:
    headers = dict(message.headers() or [])
    return {**json.loads(message.value() or b"{}"), "to": headers.get("ce_causation", b"").decode()}


def play(steps: list[Step], journal: Journal, bus: Bus, timeout_s: float) -> int:
    """Sends each step once the one before it was answered, so that a later one can build on it."""
    wrong = 0
    for number, step in enumerate(steps, start=1):
        message = journal.message(step)
        bus.send(message, timeout_s)
        answer = bus.answer_to(message.id, timeout_s)
        said = f"{number}. {in_words(step)}"
        if answer is None:
            print(f"{said}: no answer within {timeout_s:g} s; run again to ask once more", flush=True)
            return NO_ANSWER
        journal.keep_answer(message.id, answer)
        surprise = "" if step.is_met_by(answer) else f" (expected: {step.expect})"
        wrong += bool(surprise)
        print(f"{said}: {answer_in_words(answer)}{surprise}", flush=True)
    return NOT_AS_EXPECTED if wrong else ALL_GOOD


def in_words(step: Step) -> str:
    match step.do:
        case "accept":
            return f"we join the inspection with {step.fields['officers']} officers"
        case "decline":
            return "we do not join the inspection"
        case "violation":
            return f"we found {step.fields['category']}, a breach of {step.fields['provision']}"
        case "conclude":
            return "we conclude the inspection"
        case _:
            return "we approve the programme"


def answer_in_words(answer: dict[str, Any]) -> str:
    if answer["status"] == "accepted":
        response = answer.get("response") or {}
        by = f", by {response['empowered_by']}" if "empowered_by" in response else ""
        return f"accepted{by}"
    problem = answer.get("problem") or {}
    reserved = problem.get("reserved_to") or []
    to = f" [reserved to {', '.join(reserved)} by {problem.get('clause')}]" if reserved else ""
    return f"refused: {problem.get('detail') or problem.get('title')}{to}"


def steps_of(arguments: argparse.Namespace) -> list[Step]:
    if arguments.do == "play":
        return read_script(arguments.script)
    about_us = ("bootstrap", "user", "password_file", "journal", "timeout", "expect", "attempt", "do")
    fields = {name: value for name, value in vars(arguments).items() if name not in about_us}
    return [Step(arguments.do, fields, arguments.expect, arguments.attempt)]


def read_script(file: Path) -> list[Step]:
    """A JSON list of objects: `do`, the command's fields, and if wanted `expect` and `attempt`. Raises Trouble.

    `expect` is "accepted", "refused", or {"refused": "<code of the problem>"}.
    """
    try:
        return [_step(one) for one in json.loads(file.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Trouble(f"{file} is no script of mine: {error!r}") from None


def _step(one: dict[str, Any]) -> Step:
    expect = one.get("expect")
    code = expect["refused"] if isinstance(expect, dict) else expect
    fields = {name: value for name, value in one.items() if name not in ("do", "expect", "attempt")}
    step = Step(one["do"], fields, code, one.get("attempt", 1))
    if step.do not in COMMAND_OF:
        raise KeyError(step.do)
    in_words(step)  # raises KeyError for what is incomplete
    return step


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(description="The provincial police's own system.", allow_abbrev=False)
    top.add_argument("--bootstrap", required=True, help="Kafka's address, host:port")
    top.add_argument("--user", default="agency.ppd", help="SCRAM user (agency.ppd)")
    top.add_argument("--password-file", required=True, type=Path, help="file that holds the password alone")
    top.add_argument("--journal", required=True, type=Path, help="folder that remembers what was sent and answered")
    top.add_argument("--timeout", type=float, default=30.0, help="seconds to wait for each answer (30)")
    top.add_argument("--expect", help="accepted, refused or a code; exit with 1 on another answer")
    top.add_argument("--attempt", type=int, default=1, help="raise it to ask anew what was refused before")
    commands = top.add_subparsers(dest="do", required=True)

    def command(name: str, text: str, about: str = "inspection") -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, allow_abbrev=False)
        made.add_argument(f"{about}_id", metavar=about.upper(), type=lambda text: str(UUID(text)))
        return made

    commands.add_parser("play", help="send every command of a script").add_argument("script", type=Path)
    command("accept", "join an inspection").add_argument("--officers", type=int, required=True)
    command("decline", "say why we do not join").add_argument("--reason", required=True)
    violation = command("violation", "enter what we found")
    for name in ("--category", "--provision", "--found-on", "--description"):
        violation.add_argument(name, required=True)
    command("conclude", "ask to end an inspection").add_argument("--concluded-on", required=True)
    approve = command("approve", "ask to approve a programme", about="programme")
    approve.add_argument("--decision-number", required=True)
    approve.add_argument("--decided-on", required=True)
    return top


def main(words: list[str]) -> int:
    if words and words[-1].endswith(".json") and "play" not in words:
        words = [*words[:-1], "play", words[-1]]
    arguments = parser().parse_args(words)
    try:
        password = arguments.password_file.read_text().strip()
        with closing(Bus(arguments.bootstrap, arguments.user, password)) as bus:
            return play(steps_of(arguments), Journal(arguments.journal), bus, arguments.timeout)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return trouble.code
    except KafkaException as error:
        print(f"Kafka: {error}", file=sys.stderr)
        return NO_ANSWER
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return WRONG_USAGE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
