"""The companies' side: for each company its own program, its endpoint and its key."""

from examples.samples.generator import SampleCompany
from examples.story.stage import Stage

ENDPOINTS = "/notify/v1/endpoints"
READY_LIMIT_S = 15


def bring_up(stage: Stage) -> None:
    """Endpoint registered, program started, endpoint verified; what stands already is left as it is."""
    ports = stage.environment["PHOIHOP_COMPANY_PORTS"].split(",")
    for company, port in zip(stage.cast.companies, ports, strict=False):
        _bring_up(stage, company, port)
    quiet = ", ".join(company.name for company in stage.cast.companies if stage.cast.behaviour(company) == "silent")
    stage.tell(f"{len(stage.cast.companies)} companies' programs answer; {quiet} will stay silent after its receipt")


def _bring_up(stage: Stage, company: SampleCompany, port: str) -> None:
    key = stage.api_key(company)
    url = f"http://127.0.0.1:{port}/"
    endpoint = stage.doors.ask_once(
        f"endpoint-{company.code}", key, ENDPOINTS, lambda: {"provider_id": stage.provider_id(company), "url": url},
        "secret",
    )  # fmt: skip
    stage.start(
        f"company-{company.code}",
        [
            "examples/company/company.py",
            "--name", company.code,
            "--port", port,
            "--api", stage.environment["PHOIHOP_URL_ENFORCEMENT"],
            "--api-key-file", str(stage.private_file(f"{company.code}.key", key)),
            "--secret-file", str(stage.private_file(f"{company.code}.secret", endpoint["secret"])),
            "--order-key", f"{stage.environment['PHOIHOP_SECRETS']}/order-signing.pub.pem",
            "--state", str(stage.journal.folder / "companies" / company.code),
            "--behaviour", stage.cast.behaviour(company),
        ],
        stage.environment["PHOIHOP_COMPANY_PYTHON"],
    )  # fmt: skip
    stage.doors.ask(
        f"endpoint-verification-{company.code}", key, f"{ENDPOINTS}/{endpoint['endpoint_id']}/verification", dict,
        again_on=("endpoint-did-not-answer",),
    )  # fmt: skip
    stage.see("the endpoint", type="notify.endpoint-verified", ref=endpoint["endpoint_id"])
