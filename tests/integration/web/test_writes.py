"""Writes over real HTTP: accepted once, and every bad input gets its own code and changes nothing."""

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests

from chassis.identity.api_keys import new_key
from tests.integration.web.conftest import PEPPER, Toy

TODAY = str(date.today() - timedelta(days=1))  # noqa: DTZ011 (yesterday anywhere has come in Hải Dương too)


def note(**changed: Any) -> dict[str, Any]:
    return {"title": f"Sổ {uuid4()}", "on": TODAY} | changed


def put(toy: Toy, body: Any = None, note_id: UUID | None = None, **given: Any) -> requests.Response:
    if "data" not in given:
        given.setdefault("json", note() if body is None else body)
    return toy.send("PUT", f"/toy/v1/notes/{note_id or uuid4()}", **given)


def test_a_write_answers_what_it_made_and_what_to_wait_for(toy: Toy) -> None:
    note_id, correlation = uuid4(), str(uuid4())
    answer = put(
        toy, note(title="Qua\u0301n"), note_id, headers={"X-Correlation-Id": correlation, "Idempotency-Key": "a"}
    )
    assert answer.status_code == 201
    assert answer.json()["title"] == "Quán"
    assert answer.headers["After"] == f"{note_id}@1"
    assert answer.headers["X-Correlation-Id"] == correlation
    ((meta,),) = toy.query(f"select metadata from event where stream_id = '{note_id}'")
    assert meta["actor"] == "officer:dic:an"
    assert meta["correlation_id"] == correlation
    assert meta["traceparent"].startswith("00-")


def test_the_same_key_and_body_answers_the_same_and_changes_nothing(toy: Toy) -> None:
    note_id, body, headers = uuid4(), note(), {"Idempotency-Key": "same"}
    first = put(toy, body, note_id, headers=headers)
    before = toy.footprint()
    second = put(toy, body, note_id, headers=headers)
    assert (second.status_code, second.json(), second.headers["After"]) == (201, first.json(), first.headers["After"])
    assert second.headers["Idempotent-Replayed"] == "true"
    assert toy.footprint() == before


def test_a_no_is_said_in_the_language_that_was_asked_for(toy: Toy) -> None:
    english, vietnamese = (
        put(toy, {"title": "a"}, headers={"Accept-Language": language}) for language in ("en", "vi-VN,en;q=0.5")
    )
    assert (english.headers["Content-Language"], vietnamese.headers["Content-Language"]) == ("en", "vi")
    assert "Accept-Language" in vietnamese.headers["Vary"]
    assert (english.json()["title"], vietnamese.json()["title"]) == ("A field is missing", "Thiếu trường")
    assert vietnamese.json()["errors"] == [{"place": "on", "reason": "thiếu trường bắt buộc", "code": "missing-field"}]
    nowhere = toy.send("GET", "/none", headers={"Accept-Language": "vi"})
    assert (nowhere.status_code, nowhere.json()["detail"]) == (404, "không có gì mang địa chỉ '/none'")


def test_what_is_revealed_stands_in_the_answer_and_in_no_table(toy: Toy) -> None:
    revealed = put(toy).json()["revealed"]
    stored = toy.query("select string_agg(response::text, '') from command")[0][0]
    assert UUID(revealed)
    assert revealed not in stored


BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "not JSON": ({"data": b"{"}, 400, "malformed"),
    "a list": ({"data": b"[]"}, 400, "malformed"),
    "NaN": ({"data": b'{"title": "a", "pages": NaN, "on": "2026-01-01"}'}, 400, "number-unusable"),
    "a name twice": ({"data": b'{"title": "a", "title": "b"}'}, 400, "duplicate-key"),
    "not UTF-8": ({"data": b'{"title": "\xff"}'}, 400, "not-utf-8"),
    "deep nesting": ({"data": b'{"title":' + b"[" * 100_000 + b"]" * 100_000 + b"}"}, 400, "nested-too-deep"),
    "unknown field": ({"json": note(colour="red")}, 422, "unknown-field"),
    "wrong type": ({"json": note(pages="1")}, 422, "wrong-type"),
    "missing field": ({"json": {"title": "a"}}, 422, "missing-field"),
    "control character": ({"json": note(title="a\u0007")}, 422, "forbidden-character"),
    "invisible character": ({"json": note(title="a\u202eb")}, 422, "forbidden-character"),
    "zero character": ({"json": note(title="a\u0000")}, 422, "forbidden-character"),
    "half a character": ({"data": json.dumps(note(title="\ud800")).encode()}, 422, "forbidden-character"),
    "too long a text": ({"json": note(title="a" * 501)}, 422, "invalid"),
    "a field of the path": ({"json": note(note_id=str(uuid4()))}, 422, "invalid"),
    "a future date": ({"json": note(on="2999-01-01")}, 422, "date-in-the-future"),
    "another media type": ({"data": b"a", "headers": {"Content-Type": "text/csv"}}, 415, "unsupported-media-type"),
    "no key": ({"headers": {"Idempotency-Key": None}}, 400, "idempotency-key-missing"),
    "a long key": ({"headers": {"Idempotency-Key": "k" * 201}}, 400, "idempotency-key-unusable"),
    "a stale version": ({"headers": {"If-Match": '"7"'}}, 409, "stale-version"),
    "no version": ({"headers": {"If-Match": "seven"}}, 400, "if-match-unusable"),
    "a foreign correlation id": ({"headers": {"X-Correlation-Id": "mine"}}, 400, "malformed"),
    "nobody": ({"headers": {"Authorization": None}}, 401, "not-authenticated"),
    "no bearer": ({"headers": {"Authorization": "Basic YTpi"}}, 401, "credential-unreadable"),
    "a mistyped key": ({"headers": {"Authorization": "Bearer phk_12345678_x"}}, 401, "credential-unreadable"),
    "an unknown key": (
        {"headers": {"Authorization": f"Bearer {new_key(PEPPER.encode(), UUID(int=9)).text}"}}, 401, "key-unknown",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_its_own_code_and_changes_nothing(toy: Toy, case: str) -> None:
    given, status, code = BAD[case]
    if "data" in given:
        given = given | {"headers": {"Content-Type": "application/json"} | given.get("headers", {})}
    before = toy.footprint()
    answer = put(toy, **dict(given))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["correlation_id"] == answer.headers["X-Correlation-Id"]
    assert "Traceback" not in answer.text
    assert toy.footprint() == before
    assert requests.get(toy.url + problem["type"], timeout=5).json()["code"] == code


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"issuer": "somebody"}, "token-foreign-issuer"),
        ({"audience": "other"}, "token-foreign-audience"),
        ({"lifetime": timedelta(seconds=-60)}, "token-expired"),
        ({"lifetime": timedelta(hours=1)}, "token-too-long"),
    ],
)
def test_a_foreign_or_expired_token_opens_nothing(toy: Toy, claims: dict[str, Any], code: str) -> None:
    before = toy.footprint()
    answer = put(toy, headers={"Authorization": f"Bearer {toy.token(**claims)}"})
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert toy.footprint() == before


def test_the_same_key_with_another_body_is_refused(toy: Toy) -> None:
    note_id, headers = uuid4(), {"Idempotency-Key": "reused"}
    assert put(toy, note(), note_id, headers=headers).status_code == 201
    before = toy.footprint()
    answer = put(toy, note(), note_id, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "command-id-reused")
    assert toy.footprint() == before


def test_a_stale_version_is_told_the_current_one(toy: Toy) -> None:
    note_id = uuid4()
    put(toy, note(), note_id)
    assert put(toy, note(), note_id, headers={"If-Match": '"1"'}).status_code == 201
    answer = put(toy, note(), note_id, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (409, "stale-version")
    assert answer.json()["current_version"] == 2


def test_a_company_keeps_its_own_and_another_one_answers_as_absent(toy: Toy) -> None:
    mine, other = uuid4(), uuid4()
    key = new_key(PEPPER.encode(), uuid4())
    toy.query(f"insert into api_key values ('{key.key_id}', '{key.verifier}', '{mine}', null)")
    headers = {"Authorization": f"Bearer {key.text}"}
    assert put(toy, note(company_id=str(mine)), headers=headers).status_code == 201
    answer = put(toy, note(company_id=str(other)), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    toy.query(f"update api_key set revoked_at = now() where key_id = '{key.key_id}'")
    answer = put(toy, note(company_id=str(mine)), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "key-revoked")


def test_a_route_for_officers_refuses_a_company(toy: Toy) -> None:
    key = new_key(PEPPER.encode(), uuid4())
    toy.query(f"insert into api_key values ('{key.key_id}', '{key.verifier}', '{uuid4()}', null)")
    answer = toy.send("POST", "/toy/v1/imports", data=b"x", headers={"Authorization": f"Bearer {key.text}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_file_becomes_a_command(toy: Toy) -> None:
    raw = toy.send("POST", "/toy/v1/imports", data=b"12345", headers={"Content-Type": "application/octet-stream"})
    form = toy.send("POST", "/toy/v1/imports", files={"file": ("sổ.bin", b"12345")})
    assert (raw.status_code, raw.json()) == (200, {"size": 5})
    assert (form.status_code, form.json()) == (200, {"size": 5})


def test_our_own_failure_tells_an_id_and_nothing_else(toy: Toy) -> None:
    answer = toy.send("POST", "/toy/v1/break")
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert "canary" not in answer.text
    logged = [line for line in toy.lines() if line.get("correlation_id") == answer.json()["correlation_id"]]
    assert any("canary-in-the-error" in str(line.get("exception")) for line in logged)
