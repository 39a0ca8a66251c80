"""What is published about messages is what the code says, and every golden example still means what it meant."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import jsonschema
import pytest
import yaml
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat

from chassis.consume.replies import Asked, accepted, refused
from chassis.store.decision import Answer
from cli.generate import doors
from cli.generate.__main__ import documents, stale
from contracts import catalogue, topics
from contracts.envelope import Envelope, Event, MalformedMessage, Message, Metadata, to_headers
from contracts.refusals import ReservedToAnother

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "contracts" / "examples"
PUBLISHED = EXAMPLES / "published.sha256"
SCHEMAS = ROOT / "contracts" / "schemas"

EVENTS = sorted(catalogue.events().values(), key=lambda kind: kind.message_type)


def test_generated_files_are_what_the_code_says():
    assert stale(dict(documents())) == [], "run `make generate` and commit what it writes"


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.message_type)
def test_every_event_type_has_a_golden_example(kind: type[Event]):
    path = EXAMPLES / kind.message_type / f"{kind.schema_version}.json"
    assert path.exists(), f"create {path.relative_to(ROOT)}: one example of {kind.__name__}, never edited again"
    golden = json.loads(path.read_text())
    assert golden.items() <= json.loads(kind.model_validate(golden).model_dump_json()).items()


def test_no_golden_example_was_edited():
    """`published.sha256` only grows: a type that has changed needs a new version, not a new line."""
    published = dict(reversed(line.split("  ")) for line in PUBLISHED.read_text().splitlines())
    found = {
        str(path.relative_to(EXAMPLES)): sha256(path.read_bytes()).hexdigest() for path in EXAMPLES.glob("*/*.json")
    }
    assert {name: digest for name, digest in published.items() if found.get(name) != digest} == {}
    assert found.keys() - published.keys() == set(), "add a line: `sha256sum */*.json` in contracts/examples"


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.message_type)
def test_a_reader_ignores_what_it_does_not_know(kind: type[Event]):
    golden = json.loads((EXAMPLES / kind.message_type / f"{kind.schema_version}.json").read_text())
    assert kind.model_validate_json(json.dumps(golden | {"added_later": 1})) == kind.model_validate(golden)


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.message_type)
def test_a_golden_example_satisfies_its_schema(kind: type[Event]):
    schema = json.loads((SCHEMAS / kind.message_type / f"{kind.schema_version}.json").read_text())
    golden = json.loads((EXAMPLES / kind.message_type / f"{kind.schema_version}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(golden, schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def test_every_door_field_and_code_that_was_published_is_there():
    """Within `/…/v1` nothing that a caller relies on goes, and nothing more is asked of him."""
    published, present = set((ROOT / doors.FILE).read_text().splitlines()), doors.present()
    assert published - present == set()
    asked_anew = {line for line in present - published if line.endswith(doors.REQUIRED)}
    assert {line for line in asked_anew if " ".join(line.split(" ")[:2]) in published} == set()


def test_no_example_is_left_of_a_type_that_is_gone():
    known = {(kind.message_type, str(kind.schema_version)) for kind in EVENTS}
    assert {(path.parent.name, path.stem) for path in EXAMPLES.glob("*/*.json")} == known


@pytest.mark.parametrize("kind", [*EVENTS, *catalogue.commands().values()], ids=lambda kind: kind.message_type)
def test_a_message_belongs_to_the_service_its_type_names_and_says_what_it_means(kind: type[Message]):
    service, _, name = kind.message_type.partition(".")
    assert service in topics.SERVICES
    assert kind.__module__.rsplit(".", 1)[1] == service
    assert name == "".join("-" + c.lower() if c.isupper() else c for c in kind.__name__).removeprefix("-")
    assert (kind.__doc__ or "").strip().endswith((".", ")"))


def test_asyncapi_references_exist():
    document = yaml.safe_load((ROOT / "contracts" / "asyncapi.yaml").read_text())
    for message in document["components"]["messages"].values():
        assert (ROOT / "contracts" / message["payload"]["$ref"]).is_file()
    channels = document["channels"]
    assert set(channels) == {topic.name for topic in topics.all_topics() if ".heads." not in topic.name}


def an_envelope(**changes: object) -> Envelope:
    meta = Metadata(actor="officer:dic:le-van-a", agency="dic", correlation_id=uuid4(), causation_id=uuid4())
    fields: dict[str, object] = {
        "source": "registry",
        "event_id": uuid4(),
        "type": "registry.agent-closed",
        "schema_version": 1,
        "stream_id": uuid4(),
        "stream_version": 3,
        "scope": "hai-duong",
        "occurred_at": datetime(2009, 11, 5, 3, 0, 0, 123456, tzinfo=UTC),
        "sequenced_at": datetime(2009, 11, 5, 3, 0, 1, tzinfo=UTC),
        "epoch": 1,
        "position": 42,
        "prev": 40,
        "meta": meta.model_dump_json().encode(),
        "data": '{"reason":"Nghỉ"}'.encode(),
    }
    return Envelope(**(fields | changes))  # type: ignore[arg-type]


def test_headers_and_back_is_the_same_envelope():
    envelope = an_envelope()
    assert Envelope.from_kafka(dict(to_headers(envelope)), envelope.data) == envelope


def test_the_cloudevents_sdk_reads_our_headers():
    envelope = an_envelope()
    headers = dict(to_headers(envelope))
    read = from_binary(
        KafkaMessage(headers=headers, key=str(envelope.stream_id).encode(), value=envelope.data), JSONFormat()
    )
    assert UUID(read.get_id()) == envelope.event_id
    assert read.get_type() == "registry.agent-closed"
    assert read.get_source() == "/registry"
    assert read.get_subject() == str(envelope.stream_id)
    assert read.get_time() == envelope.occurred_at
    assert read.get_data() == {"reason": "Nghỉ"}


@pytest.mark.parametrize("header", [name for name, _ in to_headers(an_envelope()) if name.startswith("ce_")])
def test_a_missing_header_is_named_unless_it_repeats_what_another_says(header: str):
    envelope = an_envelope()
    headers = {name: value for name, value in to_headers(envelope) if name != header}
    if header in {"ce_specversion", "ce_partitionkey"}:
        assert Envelope.from_kafka(headers, envelope.data) == envelope
    else:
        with pytest.raises(MalformedMessage, match=header):
            Envelope.from_kafka(headers, envelope.data)


def test_replies_on_the_bus_satisfy_their_schema():
    asked = Asked("inspection", uuid4(), "7f0c", uuid4())
    schema = json.loads((SCHEMAS / "reply.json").read_text())
    accepted_reply = accepted(asked, Answer({"inspection_id": "x"}, f"{uuid4()}@3", False))
    refused_reply = refused(asked, ReservedToAnother("not yours", reserved_to=["dic"], clause="HD-2.1d1"))
    for reply in (accepted_reply, refused_reply):
        jsonschema.validate(reply.value, schema)
        assert schema["$id"] == dict(reply.headers)["ce_dataschema"]
        assert set(reply.value) <= set(schema["properties"])
