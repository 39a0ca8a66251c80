"""A little world made through the public doors, and the commands that load the system: register agents, sign contracts,
demand their end and take demands back."""

import itertools
import threading
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.support.load import Call, Company, Doors, Officer, Outcome
from tests.support.misbehaving import Manners, Receiver, Receivers, polite
from tests.support.waiting import wait_until

AREA = "nam-sach"
ENOUGH_S = 30
SIGNED_ON = date(2026, 1, 5)


@dataclass(frozen=True)
class Isp:
    company: Company
    receiver: Receiver


@dataclass(frozen=True)
class Agent:
    """A registered agent; `cases` are opened for it and not yet used for a demand."""

    agent_id: UUID
    cases: list[UUID] = field(default_factory=list)


class World:
    """`officer` is the DIC's, `leader` signs for the provincial People's Committee."""

    def __init__(self, doors: Doors, officer: Officer, leader: Officer, receivers: Receivers) -> None:
        self.doors, self.officer, self.leader = doors, officer, leader
        self._receivers = receivers
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._provider: UUID | None = None
        self._programme: str | None = None

    def through(self, doors: Doors) -> "World":
        """The same world, its numbers included, reached by other doors."""
        other = copy(self)
        other.doors = doors
        return other

    def number(self) -> int:
        with self._lock:
            return next(self._numbers)

    # registry

    def provider(self, name: str = "isp", kinds: tuple[str, ...] = ("isp",)) -> UUID:
        number = self.number()
        body = {"code": f"{name}-{number}", "name": f"Công ty {name} {number}", "kinds": kinds}
        return UUID(self.doors.must(self.officer, "/registry/v1/providers", body)["provider_id"])

    @property
    def any_isp(self) -> UUID:
        if self._provider is None:
            self._provider = self.provider()
        return self._provider

    def agent(self) -> UUID:
        return UUID(self.doors.must(self.officer, "/registry/v1/agents", self.agent_body())["agent_id"])

    def agent_body(self) -> dict[str, Any]:
        number = self.number()
        return {
            "name": f"Đại lý Internet Thành Đông {number}",
            "owner_name": "Nguyễn Thị Hoà",
            "holder_kind": "household",
            "address": f"số {number} đường Nguyễn Trãi",
            "area": AREA,
            "business_certificate_number": f"04D8{number:06}",
        }

    def contract_body(self, provider_id: UUID) -> dict[str, Any]:
        return {"provider_id": provider_id, "number": f"{self.number()}/HĐĐL", "signed_on": SIGNED_ON}

    def register_and_sign(self) -> None:
        """Two commands of the load: an agent enters the register, then its contract. Neither may be refused."""
        call = self.doors.ask(self.officer, "/registry/v1/agents", self.agent_body())
        if call.outcome is Outcome.OK:
            path = f"/registry/v1/agents/{call.answer['agent_id']}/agency-contracts"
            call = self.doors.ask(self.officer, path, self.contract_body(self.any_isp))
        assert call.outcome is not Outcome.FAIL, f"{call.path}: {call.status} {dict(call.answer)}"

    # notify

    def isp(self, manners: Manners = polite) -> Isp:
        """An ISP with a key and a verified endpoint."""
        provider_id = self.provider("notified")
        receiver = self._receivers.open(str(provider_id))
        receiver.manners = manners
        issued = self.doors.must(self.officer, f"/registry/v1/providers/{provider_id}/api-keys", {})
        body = {"provider_id": provider_id, "url": receiver.url}
        made = self.doors.must(self.officer, "/notify/v1/endpoints", body)
        receiver.secret = made["secret"]
        path = f"/notify/v1/endpoints/{made['endpoint_id']}/verification"
        wait_until(
            lambda: self.doors.ask(self.officer, path, {}).outcome is Outcome.OK, ENOUGH_S, "the endpoint answers"
        )
        return Isp(Company(provider_id, issued["api_key"]), receiver)

    # inspection and enforcement

    def agent_with_cases(self, isps: list[Isp], cases: int) -> Agent:
        """An agent that has a contract with each of these, inspected, with so many violations found."""
        agent_id = self.agent()
        for isp in isps:
            self.sign(agent_id, isp)
        inspection = self._inspection(agent_id)
        for number in range(cases):
            self._find_violation(inspection, f"Không niêm yết nội quy sử dụng dịch vụ ({number})")
        agent = Agent(agent_id)

        def opened() -> bool:
            agent.cases[:] = [UUID(case) for case in self._cases_of(agent_id)]
            return len(agent.cases) == cases

        wait_until(opened, ENOUGH_S, "the cases are opened", every_s=0.1)
        return agent

    def sign(self, agent_id: UUID, isp: Isp) -> None:
        """A contract of the agent with this ISP, known to enforcement when this returns."""
        path = f"/registry/v1/agents/{agent_id}/agency-contracts"
        call = self.doors.ask(self.officer, path, self.contract_body(isp.company.company_id))
        assert call.outcome is Outcome.OK, f"{call.status} {dict(call.answer)}"
        after = ",".join(f"{stream}@{version}" for stream, version in call.after)

        def known() -> bool:
            return self.doors.read(self.officer, "/enforcement/v1/cases", after=after, limit=1).ok

        wait_until(known, ENOUGH_S, "enforcement knows the contract")

    def demand(self, case_id: UUID, key: str | None = None) -> Call:
        """A round that demands the end of the contracts of the case's agent."""
        return self.doors.ask(self.officer, "/enforcement/v1/termination-rounds", self.round_body(case_id), key=key)

    def round_body(self, case_id: UUID) -> dict[str, Any]:
        return {
            "letter_number": f"{self.number()}/STTTT-TTra",
            "report_back_at": (datetime.now(UTC) + timedelta(days=20)).isoformat(),
            "reason": "Đại lý vi phạm",
            "case_ids": [case_id],
        }

    def withdraw(self, order_id: UUID | str) -> Call:
        path = f"/enforcement/v1/orders/{order_id}/withdrawal"
        return self.doors.ask(self.officer, path, {"reason": "Nhầm đại lý."})

    def execute(self, isp: Isp, order_id: UUID | str) -> Call:
        path = f"/enforcement/v1/orders/{order_id}/execution"
        body = {"outcome": "executed", "executed_on": today(), "evidence": "Đã chấm dứt hợp đồng."}
        return self.doors.ask(isp.company, path, body)

    def demand_and_withdraw(self, agent: Agent) -> int:
        """One wave: every contract of the agent is demanded, then every order taken back; answers how many orders."""
        call = self.demand(agent.cases.pop())
        assert call.outcome is Outcome.OK, f"{call.status} {dict(call.answer)}"
        for order in call.answer["orders"]:
            self.withdraw(order["order_id"])
        return len(call.answer["orders"])

    def inspection_with_invitation(self, agency: str) -> str:
        """A started inspection to which that agency is invited."""
        inspection = self._inspection(self.agent())
        self.doors.must(self.officer, f"/inspection/v1/inspections/{inspection}/invitations", {"agency": agency})
        return inspection

    def inspection_with_violation(self, description: str) -> str:
        """A started inspection of a new agent, with one violation found."""
        inspection = self._inspection(self.agent())
        self._find_violation(inspection, description)
        return inspection

    def _find_violation(self, inspection: str, description: str) -> None:
        body = {
            "category": "agent-breaks-rules",
            "provision": "HD-5c",
            "found_on": today(),
            "description": description,
        }
        self.doors.must(self.officer, f"/inspection/v1/inspections/{inspection}/violations", body)

    def _inspection(self, agent_id: UUID) -> str:
        planned: dict[str, Any] = {}
        body = {
            "programme_id": self._approved_programme(),
            "form": "kiem-tra",
            "target_kind": "agent",
            "target_id": agent_id,
            "planned_on": today(),
        }

        def accepted() -> bool:
            call = self.doors.ask(self.officer, "/inspection/v1/inspections", body)
            planned.update(call.answer)
            return call.outcome is Outcome.OK

        wait_until(accepted, ENOUGH_S, "inspection knows the agent", every_s=0.1)
        path = f"/inspection/v1/inspections/{planned['inspection_id']}"
        self.doors.must(self.officer, f"{path}/start", {"started_on": today()})
        return str(planned["inspection_id"])

    def _approved_programme(self) -> str:
        if self._programme is None:
            body: Mapping[str, Any] = {
                "title": "Chương trình kiểm tra đại lý Internet",
                "year": today().year,
                "items": [{"area": AREA, "quarter": 4, "visits": 100}],
            }
            drafted = self.doors.must(self.officer, "/inspection/v1/programmes", body)
            self._programme = str(drafted["programme_id"])
            path = f"/inspection/v1/programmes/{self._programme}"
            self.doors.must(self.officer, f"{path}/submission", {"letter_number": "112/TTr-STTTT"})
            approval = {"decision_number": "3901/QĐ-UBND", "decided_on": today()}
            self.doors.must(self.leader, f"{path}/approval", approval)
        return self._programme

    def _cases_of(self, agent_id: UUID) -> list[str]:
        found, cursor = [], None
        while True:
            parameters = {"limit": 200} | ({"cursor": cursor} if cursor else {})
            page = self.doors.read(self.officer, "/enforcement/v1/cases", **parameters).json()
            found += [case["case_id"] for case in page["items"] if case["target_id"] == str(agent_id)]
            cursor = page["next_cursor"]
            if cursor is None:
                return found


def today() -> date:
    """A day that has begun in Vietnam too."""
    return datetime.now(UTC).date()
