"""Commands of an agency's own system: one topic in, one topic out, and who may write the first is who is asking.

A command is a JSON object with these headers: `ce_id` (the sender's id, 1–200 printable ASCII characters; sent again it
gets the same answer), `ce_type`, `ce_dataschema` (`urn:phoihop:schema:<type>:<version>`); optional `ce_correlationid`
(a UUID), `traceparent`, and `accept-language`, in which a refusal is worded. Every message gets an answer, also one
that nobody can read (`chassis/consume/replies.py`).

Events and reply are one transaction. A refusal is kept in `inbox` with its reply; an acceptance in `command`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from pydantic import ValidationError

from chassis.consume.broker import Partition, Record
from chassis.consume.failures import Transient
from chassis.consume.order import Stamp
from chassis.consume.reading import Headers, Item
from chassis.consume.replies import Asked, Reply, accepted, refused
from chassis.identity.principal import agency_system
from chassis.observe import traces
from chassis.observe.metrics import SCHEMA_REJECTIONS
from chassis.store.append import send_later
from chassis.store.commands import Commands, command_id_of
from chassis.store.digest import request_digest, stored_text
from chassis.web import problems
from chassis.web.json_text import parse_object
from chassis.web.languages import preferred
from chassis.web.refusals import BodyTooLarge, ForbiddenCharacter
from contracts.catalogue import TypeKey
from contracts.envelope import Command, Event
from contracts.refusals import CommandIdReused, Malformed, Refusal, StaleVersion
from contracts.sql import Cursor
from contracts.topics import commands_topic, replies_topic

LARGEST = 1024 * 1024
"""Bytes, the same as over HTTP."""
USABLE_ID = re.compile(r"[\x21-\x7e]{1,200}")

KNOWN = """
select (select request_digest from public.command where principal = %(principal)s and command_id = %(id)s),
    i.request_digest, i.reply::text
from (select 1) one left join public.inbox i on i.principal = %(principal)s and i.command_id = %(id)s
"""
REMEMBER = "insert into public.inbox (principal, command_id, request_digest, reply) values (%s, %s, %s, %s)"


class UnknownCommand(Malformed, code="unknown-command", status=400, title="There is no such command here"): ...


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as it came. `place` is `<topic id>/<partition>/<offset>`."""

    headers: Headers
    value: bytes
    place: str


class CommandReader:
    """Reads command topics: each message counts, and the offset is the watermark."""

    offset_counts = True

    def stamp(self, record: Record, headers: Headers) -> Stamp:  # noqa: ARG002 - the form of the port
        return Stamp(0, record.offset + 1, 0)

    def is_wanted(self, headers: Headers) -> bool:  # noqa: ARG002 - the form of the port
        return True

    def read(self, partition: Partition, record: Record, headers: Headers, stamp: Stamp, topic_id: str) -> Item:  # noqa: ARG002
        place = f"{topic_id}/{partition.partition}/{record.offset}"
        return Item(partition, record, stamp, place, None)

    def fill(self, item: Item, headers: Headers) -> None:
        item.wanted = Sent(headers, item.record.value or b"", item.stream)


class CommandTopic:
    """`CommandTopic("ppd", commands, accepts=[AcceptInvitation, …])`: what that agency's system may ask for."""

    batched = False
    versioned = False

    def __init__(self, agency: str, commands: Commands, accepts: Iterable[type[Command]]) -> None:
        self._commands = commands
        self._principal = agency_system(agency)
        self._accepts = {(kind.message_type, kind.schema_version): kind for kind in accepts}
        self.topic = commands_topic(commands.service, agency)
        self._replies = replies_topic(commands.service, agency)

    def reader(self, catalogue: Mapping[TypeKey, type[Event]]) -> CommandReader:  # noqa: ARG002 - the form of the port
        return CommandReader()

    def apply(self, cursor: Cursor, consumer: str, batch: Sequence[Sent]) -> None:  # noqa: ARG002
        for sent in batch:
            send_later(cursor, [self._answer(cursor, sent).message(self._replies)])

    def _answer(self, cursor: Cursor, sent: Sent) -> Reply:
        sent_id = _text(sent.headers, "ce_id")
        key = sent_id if USABLE_ID.fullmatch(sent_id) else sent.place
        command_id = command_id_of(self._principal, key)
        language = preferred(_text(sent.headers, "accept-language"))
        correlation_id = _correlation_id(sent.headers) or command_id
        asked = Asked(self._commands.service, command_id, key, correlation_id, language)
        try:
            command: Command | Refusal = self._read(sent, sent_id)
        except Refusal as refusal:
            command = refusal
            self._count_rejection(sent)
        digest = (
            sha256(sent.headers.get("ce_type", b"") + b"\n" + sent.value).digest()
            if isinstance(command, Refusal)
            else request_digest(command)
        )
        cursor.execute(KNOWN, {"principal": self._principal.name, "id": command_id})
        done, refused_before, reply = cursor.fetchone() or (None, None, None)
        if (done or refused_before) not in (None, digest):
            reused = CommandIdReused("this ce_id was used before, for another message")
            return refused(asked, reused, f"reply/{sent.place}")
        if reply is not None:
            return Reply.from_stored(reply)
        return self._execute(cursor, sent, command, asked, key, digest)

    def _execute(
        self, cursor: Cursor, sent: Sent, command: Command | Refusal, asked: Asked, key: str, digest: bytes
    ) -> Reply:
        try:
            if isinstance(command, Refusal):
                raise command
            answer = self._commands.execute_in(
                cursor,
                command,
                principal=self._principal,
                key=key,
                correlation_id=asked.correlation_id,
                traceparent=_traceparent(sent.headers),
            )
        except StaleVersion as race:
            raise Transient(str(race)) from race
        except Refusal as refusal:
            reply = refused(asked, refusal)
            cursor.execute(REMEMBER, (self._principal.name, asked.command_id, digest, reply.stored()))
            return reply
        return accepted(asked, answer)

    def _read(self, sent: Sent, sent_id: str) -> Command:
        """The command of a message. Raises Malformed, UnknownCommand, Invalid and their kinds, as over HTTP."""
        if "ce_id" not in sent.headers:
            raise Malformed("header ce_id is missing: without it a repeated message could not be told from a new one")
        if not USABLE_ID.fullmatch(sent_id):
            raise Malformed("header ce_id must be 1 to 200 printable ASCII characters")
        model = self._model(sent)
        if len(sent.value) > LARGEST:
            raise BodyTooLarge(
                "a command may have at most {limit} bytes; this one has {size}", limit=LARGEST, size=len(sent.value)
            )
        parse_object(sent.value)
        try:
            command = model.model_validate_json(sent.value, strict=True)
        except ValidationError as wrong:
            raise problems.from_validation(wrong) from None
        try:
            stored_text(command.model_dump_json())
        except ValueError as wrong:
            raise ForbiddenCharacter("the text cannot be kept: {why}", why=str(wrong), errors=[]) from None
        return command

    def _count_rejection(self, sent: Sent) -> None:
        version = _text(sent.headers, "ce_dataschema").rpartition(":")[2]
        known = version in {str(number) for _, number in self._accepts}
        SCHEMA_REJECTIONS.labels(self.topic, version if known else "none").inc()

    def _model(self, sent: Sent) -> type[Command]:
        for name in ("ce_type", "ce_dataschema"):
            if name not in sent.headers:
                raise Malformed("header {name} is missing", name=name)
        kind, schema = _text(sent.headers, "ce_type"), _text(sent.headers, "ce_dataschema")
        version = schema.rpartition(":")[2]
        if not version.isascii() or not version.isdigit() or len(version) > 4:
            raise Malformed("header ce_dataschema must end in the version: urn:phoihop:schema:<type>:<version>")
        model = self._accepts.get((kind, int(version)))
        if model is None:
            known = ", ".join(f"{name} version {number}" for name, number in sorted(self._accepts))
            raise UnknownCommand(
                "{asked!r} version {version} is not taken here; known: {known}",
                asked=kind[:80],
                version=version,
                known=known,
            )
        return model


def _text(headers: Headers, name: str) -> str:
    return headers.get(name, b"").decode("utf-8", errors="replace")


def _correlation_id(headers: Headers) -> UUID | None:
    try:
        return UUID(_text(headers, "ce_correlationid"))
    except ValueError:
        return None


def _traceparent(headers: Headers) -> str | None:
    text = _text(headers, "traceparent")
    return text if traces.is_context(text) else None
