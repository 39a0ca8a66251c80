"""Reads over real HTTP: pages, filters, documents, waiting for what one wrote."""

from datetime import date
from time import monotonic
from uuid import uuid4

import pytest
import requests

from tests.integration.web.conftest import Toy


@pytest.fixture(scope="module")
def notes(toy: Toy) -> list[str]:
    made = []
    for _ in range(7):
        body = {"title": str(uuid4()), "on": str(date(2026, 1, 1))}
        answer = toy.send("PUT", f"/toy/v1/notes/{uuid4()}", json=body)
        assert answer.status_code == 201
        made.append(answer.json()["note_id"])
    return sorted(made)


def test_pages_follow_each_other_to_the_end(toy: Toy, notes: list[str]) -> None:
    found: list[str] = []
    url = "/toy/v1/notes?limit=3&version=1"
    while url:
        answer = toy.send("GET", url)
        assert answer.status_code == 200
        found += [one["note_id"] for one in answer.json()["items"]]
        following = answer.links.get("next", {}).get("url")
        assert (following is None) == (answer.json()["next_cursor"] is None)
        url = "/toy/v1/notes" + following if following else ""
    assert found == notes


def test_one_thing_is_shown_and_an_absent_one_is_not(toy: Toy, notes: list[str]) -> None:
    assert toy.send("GET", f"/toy/v1/notes/{notes[0]}").json() == {"note_id": notes[0], "version": 1}
    answer = toy.send("GET", f"/toy/v1/notes/{uuid4()}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/toy/v1/notes?colour=red", 400, "unknown-parameter"),
        ("/toy/v1/notes?version=one", 400, "parameter-wrong"),
        ("/toy/v1/notes?version=1&version=2", 400, "parameter-wrong"),
        ("/toy/v1/notes?version=%00", 400, "parameter-wrong"),
        ("/toy/v1/notes?limit=1000", 400, "parameter-wrong"),
        ("/toy/v1/notes?cursor=abc", 400, "cursor-unusable"),
        ("/toy/v1/notes?after=latest", 400, "malformed"),
        ("/toy/v1/notes/7", 404, "no-such-path"),
        ("/toy/v1/notes/", 404, "no-such-path"),
        ("/toy/v2/notes", 404, "no-such-path"),
        ("/", 404, "no-such-path"),
        ("/problems/none-such", 404, "no-such-path"),
    ],
)
def test_an_address_that_means_nothing_says_so(toy: Toy, path: str, status: int, code: str) -> None:
    answer = toy.send("GET", path, allow_redirects=False)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_another_method_is_told_which_there_are(toy: Toy) -> None:
    answer = toy.send("DELETE", "/toy/v1/notes")
    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET, HEAD"
    assert toy.send("POST", "/metrics").status_code == 405


def test_a_read_waits_for_what_was_written_and_says_when_it_waited_in_vain(toy: Toy, notes: list[str]) -> None:
    begun = monotonic()
    answer = toy.send("GET", f"/toy/v1/notes?after={notes[0]}@1")
    assert (answer.status_code, answer.json()["code"]) == (503, "projection-behind")
    assert answer.headers["Retry-After"]
    assert 2 <= monotonic() - begun < 10
    toy.query(f"insert into seen values ('toy.views', '{notes[0]}', 1)")
    assert toy.send("GET", f"/toy/v1/notes?after={notes[0]}@1").status_code == 200
    assert toy.send("GET", "/toy/v1/notes", headers={"After": f"{notes[0]}@1"}).status_code == 200


def test_what_has_not_changed_is_not_sent_again(toy: Toy, notes: list[str]) -> None:
    for path in (f"/toy/v1/notes/{notes[0]}", "/toy/v1/notes?limit=2", "/toy/v1/print"):
        first = toy.send("GET", path)
        again = toy.send("GET", path, headers={"If-None-Match": f'"old", W/{first.headers["ETag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        other = toy.send("GET", path, headers={"If-None-Match": '"old"'})
        assert (other.status_code, other.content) == (200, first.content)
    assert toy.send("GET", f"/toy/v1/notes/{uuid4()}", headers={"If-None-Match": "*"}).status_code == 404


def test_the_etag_of_a_read_is_what_if_match_takes(toy: Toy) -> None:
    note, path = {"title": str(uuid4()), "on": "2026-01-01"}, f"/toy/v1/notes/{uuid4()}"
    assert toy.send("PUT", path, json=note).status_code == 201
    seen = toy.send("GET", path).headers["ETag"]
    changed = toy.send("PUT", path, json=note | {"title": str(uuid4())}, headers={"If-Match": seen})
    assert changed.status_code == 201
    assert toy.send("GET", path, headers={"If-None-Match": seen}).json()["version"] == 2
    late = toy.send("PUT", path, json=note | {"title": str(uuid4())}, headers={"If-Match": seen})
    assert (late.status_code, late.json()["code"], late.json()["current_version"]) == (409, "stale-version", 2)


def test_a_document_needs_nobody_where_it_is_public(toy: Toy) -> None:
    answer = requests.get(f"{toy.url}/toy/v1/print", timeout=5)
    assert (answer.status_code, answer.text) == (200, "<h1>Notes</h1>")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "filename*=UTF-8''s%E1%BB%95.html" in answer.headers["Content-Disposition"]


def test_every_answer_keeps_browsers_at_bay(toy: Toy) -> None:
    for path, caching in (
        ("/toy/v1/notes", "private, no-cache"),
        ("/toy/v1/print", "private, no-cache"),
        ("/none", "no-store"),
        ("/health/live", "no-store"),
    ):
        headers = toy.send("GET", path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == caching
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
