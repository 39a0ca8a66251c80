"""Companies enter the register and file their lists of agents; an officer confirms some agents from their contracts."""

from datetime import UTC, datetime, timedelta

from examples.samples.generator import SampleAgent, SampleCompany
from examples.samples.workbook import workbook
from examples.story.cast import DEPARTMENT
from examples.story.stage import Stage

TITLE = "Three ISPs file the lists of their agents; an officer confirms some from their contracts"

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def play(stage: Stage) -> None:
    for company in stage.cast.companies:
        _register(stage, company)
    month = _month_before_now()
    for company in stage.cast.isps:
        _file_list(stage, company, month)
    for agent in stage.cast.confirmed:
        _confirm(stage, agent)


def _register(stage: Stage, company: SampleCompany) -> None:
    label = f"provider-{company.code}"
    answer = stage.doors.ask(
        label,
        DEPARTMENT,
        "/registry/v1/providers",
        lambda: {
            "code": company.code,
            "name": company.name,
            "kinds": [company.kind],
            "licence_number": company.licence_number,
        },
    )
    stage.journal.keep(label, answer)
    provider_id = answer["provider_id"]
    stage.doors.ask_once(
        f"api-key-{company.code}", DEPARTMENT, f"/registry/v1/providers/{provider_id}/api-keys", dict, "api_key"
    )
    stage.see(f"{company.code} in the register", type="registry.provider-registered", ref=provider_id)
    stage.see(f"the key of {company.code}", type="registry.api-key-issued", ref=provider_id)


def _file_list(stage: Stage, company: SampleCompany, month: str) -> None:
    label = f"agent-list-{company.code}.xlsx"
    kept = stage.journal.kept(f"{label}-month")
    if kept is None:
        stage.journal.keep(f"{label}-month", kept := {"month": month})
    answer = stage.doors.ask(
        label,
        stage.api_key(company),
        f"/registry/v1/agent-lists?month={kept['month']}",
        lambda: workbook(stage.cast.samples, company.code, kept["month"]),
        media_type=XLSX,
    )
    stage.see("the list", type="registry.agent-list-received", ref=answer["list_id"])
    stage.see("the filing that refers to it", type="reporting.filing-submitted", ref=answer["list_id"])
    stage.see(f"agents of {company.code}", count=answer["good"], type="registry.agent-reported-by-isp",
              ref=answer["list_id"])  # fmt: skip
    problems = "; ".join(f"row {one['row']}, column {one['column']}: {one['reason']}" for one in answer["problems"])
    stage.tell(
        f"{company.name}, {kept['month']}: {answer['good']} agents taken, {answer['duplicates']} stood twice, "
        f"{answer['bad']} refused ({problems})"
    )


def _confirm(stage: Stage, agent: SampleAgent) -> None:
    reported = stage.agent(agent)
    agent_id, number = reported["agent_id"], agent.certificate_number
    stage.doors.ask(
        f"confirm-{number}",
        DEPARTMENT,
        "/registry/v1/agents",
        lambda: {
            "agent_id": agent_id,
            "name": agent.name,
            "owner_name": agent.owner_name,
            "holder_kind": "household",
            "address": agent.address,
            "area": agent.area,
            "business_certificate_number": number,
        },
    )
    stage.doors.ask(
        f"contract-{number}",
        DEPARTMENT,
        f"/registry/v1/agents/{agent_id}/agency-contracts",
        lambda: {
            "provider_id": stage.provider_id(agent.isp),
            "number": agent.contract_number,
            "signed_on": agent.contract_signed_on.isoformat(),
        },
    )
    for place, line in enumerate(agent.lines):
        stage.doors.ask(
            f"line-{number}-{place}",
            DEPARTMENT,
            f"/registry/v1/agents/{agent_id}/lines",
            lambda line=line: {  # type: ignore[misc]
                "kind": line.kind.lower(),
                "number": line.number,
                "provider_id": stage.provider_id(agent.isp),
                "telecom_id": stage.provider_id(line.telecom),
            },
        )
    stage.see("the agent", type="registry.agent-registered", ref=agent_id)
    stage.see("its contract", type="registry.agency-contract-signed", ref=agent_id)
    stage.see("its lines", count=len(agent.lines), type="registry.line-attached", ref=agent_id)
    stage.tell(f"{agent.name}, {agent.address}: confirmed from contract {agent.contract_number}")


def _month_before_now() -> str:
    first = datetime.now(UTC).date().replace(day=1)
    return (first - timedelta(days=1)).strftime("%Y-%m")
