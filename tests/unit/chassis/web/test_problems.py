"""Problem documents: every no has a shape, a code, and says nothing it should not."""

import json
from datetime import date
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chassis.web import problems
from contracts import text
from contracts.problem_texts import LANGUAGES, filled
from contracts.refusals import NotFound, Refusal, StaleVersion, refusals


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: Annotated[int, Field(ge=1)]


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: text.Line
    kind: Literal["phone", "data"]
    lines: tuple[Line, ...] = ()


def refused(document: dict[str, object]) -> Refusal:
    with pytest.raises(ValidationError) as caught:
        Thing.model_validate_json(json.dumps(document), strict=True)
    return problems.from_validation(caught.value)


GOOD: dict[str, object] = {"name": "Quán An", "kind": "phone"}


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        ({"colour": "red"}, "unknown-field", "colour"),
        ({"name": 7}, "wrong-type", "name"),
        ({"lines": [{"number": 1}, {"number": "1"}]}, "wrong-type", "lines[1].number"),
        ({"lines": [{}]}, "missing-field", "lines[0].number"),
        ({"name": "An\u200b"}, "forbidden-character", "name"),
        ({"name": "An\u0007"}, "forbidden-character", "name"),
        ({"name": "An\u0000"}, "forbidden-character", "name"),
        ({"kind": "smoke"}, "invalid", "kind"),
        ({"lines": [{"number": 0}]}, "invalid", "lines[0].number"),
        ({"name": ""}, "invalid", "name"),
    ],
)
def test_each_cause_has_a_code_and_a_place(change: dict[str, object], code: str, place: str) -> None:
    refusal = refused(GOOD | change)
    assert (refusal.code, refusal.status) == (code, 422)
    assert [error["place"] for error in refusal.members["errors"]] == [place]
    assert refusal.members["errors"][0]["reason"]


def test_several_causes_are_listed_in_order_under_the_general_code() -> None:
    refusal = refused({"kind": "phone", "colour": "red"})
    assert refusal.code == "invalid"
    assert [(one["place"], one["code"]) for one in refusal.members["errors"]] == [
        ("name", "missing-field"),
        ("colour", "unknown-field"),
    ]


def test_what_was_sent_is_not_repeated() -> None:
    refusal = refused(GOOD | {"name": {"secret": "canary"}})
    assert "canary" not in json.dumps([refusal.document(language) for language in LANGUAGES])


def test_decomposed_vietnamese_is_no_error() -> None:
    assert Thing.model_validate_json('{"name": "Qua\u0301n", "kind": "phone"}', strict=True).name == "Quán"


def test_a_problem_document_has_the_members_of_the_standard_and_ours() -> None:
    response = problems.response(StaleVersion("somebody was faster", current_version=4), "the-id", "en")
    assert response.mimetype == "application/problem+json"
    assert response.get_json(force=True) == {
        "type": "/problems/stale-version",
        "title": "Somebody was faster",
        "status": 409,
        "detail": "somebody was faster",
        "code": "stale-version",
        "correlation_id": "the-id",
        "current_version": 4,
    }


def test_title_and_detail_change_with_the_language_and_nothing_else_does() -> None:
    refusal = StaleVersion(
        "{stream_id} is at version {current_version}, not {expected_version}",
        stream_id="x",
        current_version=4,
        expected_version=3,
    )
    english, vietnamese = (problems.response(refusal, "the-id", language) for language in LANGUAGES)
    assert (english.headers["Content-Language"], vietnamese.headers["Content-Language"]) == ("en", "vi")
    assert english.headers["Vary"] == vietnamese.headers["Vary"] == "Accept-Language"
    assert vietnamese.get_json(force=True) == english.get_json(force=True) | {
        "title": "Đã có người thay đổi trước",
        "detail": "x đang ở phiên bản 4, không phải 3",
    }


def test_the_reasons_of_wrong_fields_are_told_in_vietnamese() -> None:
    refusal = refused({"name": "An\u200b", "lines": [{"number": 0}], "colour": "red"})
    found = refusal.document("vi")
    assert [one["reason"] for one in found["errors"]] == [
        "ký tự U+200B tại vị trí 3 không được phép trong văn bản",
        "thiếu trường bắt buộc",
        "phải lớn hơn hoặc bằng 1",
        "không có trường này",
    ]
    assert found["detail"] == "name: ký tự U+200B tại vị trí 3 không được phép trong văn bản (và 3 lỗi khác)"
    assert [one | {"reason": ""} for one in found["errors"]] == [
        one | {"reason": ""} for one in refusal.document("en")["errors"]
    ]


def test_a_member_cannot_overwrite_the_code() -> None:
    body = problems.response(NotFound("no such thing", code="other"), "the-id", "en").get_json(force=True)
    assert body["code"] == "not-found"


def test_every_code_is_described_once() -> None:
    """Services' own codes are left out: each process shows one service's, here several may be loaded."""
    kinds = [kind for kind in refusals() if kind.__module__.startswith(("contracts.", "chassis."))]
    assert len({kind.code for kind in kinds}) == len(kinds)
    for kind in kinds:
        found = problems.description(kind.code)
        assert found is not None
        assert found.code == kind.code
        assert 400 <= kind.status < 600


def test_in_vietnamese_days_are_written_as_people_write_them() -> None:
    values = {"asked": "2026-12-01", "known": [date(2026, 11, 28)], "month": "2026-12"}
    assert filled("{asked} sau {known}, tháng {month}", values, "vi") == "01/12/2026 sau 28/11/2026, tháng 2026-12"
    assert filled("{asked} after {known}", values, "en") == "2026-12-01 after 2026-11-28"
