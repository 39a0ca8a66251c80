"""A round of demands (đợt): the letter's head, and the orders it makes, one per addressee and target."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from services.enforcement.domain.case import Case
from services.enforcement.domain.errors import LeadRequestMissing, UnknownCase
from services.enforcement.domain.order import CONTRACT_TERMINATION, LINE_CUT, LINE_CUT_ARRANGEMENT

CATEGORY = "round"

LEAD_OF_DEMANDS = "dic"
"""Contract and line demands are the DIC's in every case (HD-2.1d3, HD-3c4)."""

DEMANDS = {
    CONTRACT_TERMINATION: "Chấm dứt hợp đồng đại lý Internet",
    LINE_CUT: "Cắt số điện thoại, đường truyền viễn thông dùng để truy nhập Internet của đại lý",
    LINE_CUT_ARRANGEMENT: "Phối hợp với doanh nghiệp viễn thông cắt số điện thoại, đường truyền của đại lý",
}
"""What the order asks for, in the words of the instrument's language."""


@dataclass(frozen=True, slots=True)
class Party:
    """The company an order is addressed to."""

    provider_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be ended: an agent's contract or line, as the register knows it."""

    agent_id: UUID
    agent_name: str
    address: str
    area: str
    contract_id: UUID | None = None
    line_id: UUID | None = None
    number: str = ""
    """The contract's or the line's number."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What the orders of one round share."""

    round_id: UUID
    letter_number: str
    issued_on: date
    report_back_at: datetime
    clause: str | None


def order_id_of(round_id: UUID, case_id: UUID, kind: str, target: Target) -> UUID:
    """The same target in the same round is one order, however often the command comes."""
    return uuid5(round_id, f"{kind}/{case_id}/{target.contract_id or target.line_id}")


def document(letter: Letter, order_id: UUID, case_id: UUID, kind: str, addressee: Party, target: Target) -> str:
    """The order as issued: JSON with sorted keys and no spaces, so that its signature can be checked byte for byte."""
    return json.dumps(
        {
            "order_id": str(order_id),
            "case_id": str(case_id),
            "round_id": str(letter.round_id),
            "kind": kind,
            "demand": DEMANDS[kind],
            "issuer": LEAD_OF_DEMANDS,
            "clause": letter.clause,
            "letter_number": letter.letter_number,
            "issued_on": letter.issued_on.isoformat(),
            "report_back_at": letter.report_back_at.isoformat(),
            "addressee_id": str(addressee.provider_id),
            "addressee": addressee.name,
            "agent_id": str(target.agent_id),
            "agent": target.agent_name,
            "address": target.address,
            "area": target.area,
            "number": target.number,
        },
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )


def check_cases(cases: Iterable[tuple[UUID, Case]], lead_request: str | None) -> None:
    """Raises UnknownCase, and LeadRequestMissing where the police lead and have not asked (HD-2.3d)."""
    for case_id, case in cases:
        if case.case_id is None:
            raise UnknownCase("there is no case {case_id}", case_id=str(case_id))
        if case.information_security and case.lead != LEAD_OF_DEMANDS and lead_request is None:
            raise LeadRequestMissing(
                "{lead} leads case {case_id}: a demand needs the number of its request",
                case_id=str(case_id),
                lead=case.lead,
                clause="HD-2.3d",
            )


def missing(wanted: Sequence[UUID], found: Iterable[UUID]) -> list[str]:
    """Ids that were asked for and not found, in the order asked."""
    there = set(found)
    return [str(one) for one in wanted if one not in there]
