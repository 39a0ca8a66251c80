"""Every alert fires on what it is for and is silent otherwise, by promtool itself, and tells what to do."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana import render
from deploy.grafana.panels import Panel
from deploy.local.stack.prometheus import CHECKED_IN, RULES
from tests.architecture.tracked import text
from tests.docs.reading import headings
from tests.monitoring.promtool import promtool
from tests.monitoring.reading import selectors

OPERATIONS = Path("docs/operations.md")
PANELS = [panel for board in render.BOARDS for panel in board.panels]

LABELS = ("summary", "impact", "first_command", "dashboard", "runbook")
FILES = sorted(RULES.glob("*.yml"))
GROUPS = [group for file in FILES for group in yaml.safe_load(file.read_text())["groups"]]
ALERTS = {rule["alert"]: rule for group in GROUPS for rule in group["rules"] if "alert" in rule}
MOST_THAT_PAGE = 10

WORK = 'process="work",service="registry"'
TARGET = f"up{{{WORK}}}"
MEASURED = f'phoihop_measured_timestamp_seconds{{{WORK},worker="registry.%s"}}'
REQUESTS = 'nameko_entrypoint_duration_seconds_count{service="registry",outcome="%s"}'

# alert, a series, its values when well and when not (one a minute), the minute to look at
CASES = [
    ("TargetDown", TARGET, "1x10", "1 0x9", 8),
    ("ExporterStale", MEASURED % "own-measures", "0+60x10", "0x10", 8),
    ("SequencerStalled", f"phoihop_unsequenced_oldest_age_seconds{{{WORK}}}", "50x10", "0+60x10", 8),
    ("RelayStalled", f"phoihop_relay_oldest_pending_age_seconds{{{WORK}}}", "90x10", "0+60x10", 8),
    ("PartitionHeld", f"phoihop_relay_held_partitions{{{WORK}}}", "1 1 0x9", "1x10", 8),
    ("ConsumerStopped", f'phoihop_consumer_stopped_partitions{{{WORK},consumer="a"}}', "0x10", "1x10", 8),
    ("MessagesParked", 'phoihop_parked_messages{service="registry",consumer="a",reason="b"}', "0x10", "2x10", 8),
    ("TimersOverdue", f"phoihop_timers_overdue{{{WORK}}}", "1 1 0x9", "1x10", 8),
    ("OrderOverdue", 'phoihop_orders_overdue{service="enforcement",kind="line-cut"}', "0x10", "1x10", 8),
    ("DutyOverdue", 'phoihop_duties{service="reporting",state="overdue"}', "1x30 0x60", "1x90", 80),
    ("WebhooksStuck", 'phoihop_webhook_oldest_pending_age_seconds{service="notify"}', "3000x10", "4000x10", 8),
    ("WebhookEscalated", 'phoihop_webhook_deliveries_total{service="notify",outcome="escalated"}', "3x10", "0 1x9", 8),
    ("EndpointSuspended", 'phoihop_webhook_endpoints_disabled{service="notify"}', "0x10", "1x10", 8),
]
# alert, errors a minute beside 100 good answers, and the minute to look at
BURNING = [("ErrorsBurnFast", 20, 70), ("ErrorsBurn", 5, 400), ("ErrorsBurnSlowly", 1, 500)]


def judge(name: str, minute: int, cases: list[tuple[dict[str, str], bool]], tmp_path: Path) -> None:
    """Each case, series by their values a minute, on its own: whether the alert fires at that minute."""
    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": key, "values": values} for key, values in series.items()],
            "promql_expr_test": [
                {
                    "expr": f'count(ALERTS{{alertname="{name}",alertstate="firing"}})',
                    "eval_time": f"{minute}m",
                    "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
                }
            ],
        }
        for series, fires in cases
    ]
    file = tmp_path / "test.yml"
    rules = next(str(one) for one in FILES if f"alert: {name}\n" in one.read_text())
    file.write_text(yaml.safe_dump({"rule_files": [rules], "tests": tests}))
    promtool("test", "rules", file)


@pytest.mark.parametrize(("name", "series", "well", "unwell", "minute"), CASES, ids=[case[0] for case in CASES])
def test_it_fires_on_what_it_is_for_and_is_silent_otherwise(
    name: str, series: str, well: str, unwell: str, minute: int, tmp_path: Path
) -> None:
    judge(name, minute, [({series: unwell}, True), ({series: well}, False)], tmp_path)


@pytest.mark.parametrize(("name", "unwell", "minute"), BURNING, ids=[case[0] for case in BURNING])
def test_errors_burn_the_budget_only_when_there_are_requests_enough(
    name: str, unwell: int, minute: int, tmp_path: Path
) -> None:
    ok, error = REQUESTS % "ok", REQUESTS % "error"
    few = " ".join(["0"] * (minute - 40) + [str(n) for n in range(40)])
    many = f"0+100x{minute}"
    cases = [
        ({ok: many, error: f"0+{unwell}x{minute}"}, True),
        ({ok: many, error: f"0x{minute}"}, False),
        ({ok: f"0x{minute}", error: few}, False),
    ]
    judge(name, minute, cases, tmp_path)


def test_one_worker_that_measures_does_not_hide_one_that_does_not(tmp_path: Path) -> None:
    judge("ExporterStale", 8, [({MEASURED % "measures": "0+60x10", MEASURED % "own-measures": "0x10"}, True)], tmp_path)


def test_under_steady_load_the_sequencer_is_not_stalled(tmp_path: Path) -> None:
    """At every look some events wait, none of them for long."""
    waiting = {
        f"phoihop_unsequenced_events{{{WORK}}}": "40x20",
        f"phoihop_unsequenced_oldest_age_seconds{{{WORK}}}": "0.2 0.9 0.1 0.4 1.3 0.02x15",
    }
    judge("SequencerStalled", 15, [(waiting, False)], tmp_path)


def test_a_consumer_is_behind_when_what_had_its_place_long_ago_is_not_dealt_with(tmp_path: Path) -> None:
    head = 'phoihop_log_position{service="inspection",topic="t",partition="3"}'
    at = 'phoihop_consumer_position{service="registry",consumer="a",topic="t",partition="3"}'
    cases = [
        ({head: "7 9x9", at: "7x10"}, True),
        ({head: "0+5x10", at: "0+5x10"}, False),
        ({head: "9x10", at: "9x10"}, False),
    ]
    judge("ConsumerBehind", 8, cases, tmp_path)


def test_the_watchdog_always_fires(tmp_path: Path) -> None:
    judge("Watchdog", 1, [({TARGET: "1x5"}, True), ({}, True)], tmp_path)


def test_every_alert_has_its_case() -> None:
    with_a_test_of_their_own = {"Watchdog", "ConsumerBehind"}
    assert {case[0] for case in CASES} | {case[0] for case in BURNING} | with_a_test_of_their_own == set(ALERTS)


def test_promtool_finds_no_fault_with_rules_and_configuration() -> None:
    promtool("check", "rules", *FILES)
    promtool("check", "config", CHECKED_IN / "prometheus.yml")


@pytest.mark.parametrize("name", ALERTS)
def test_every_alert_tells_what_it_costs_and_what_to_type(name: str) -> None:
    rule: dict[str, Any] = ALERTS[name]
    assert rule["labels"]["severity"] in ("page", "ticket", "none")
    assert all(rule["annotations"][label] for label in LABELS)
    assert rule["annotations"]["runbook"] == f"docs/operations.md#{name.lower()}"


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_a_panel_leads_to_a_section_that_is_there(panel: Panel) -> None:
    assert panel.anchor is None or panel.anchor in headings(OPERATIONS)


@pytest.mark.parametrize("panel", [panel for panel in PANELS if panel.moved], ids=lambda panel: panel.title)
def test_a_panel_that_shows_what_an_alert_judges_leads_to_that_alert(panel: Panel) -> None:
    asked = set().union(*(metrics_of(query.expr) for query in panel.queries))
    judging = {name for name, rule in ALERTS.items() if metrics_of(rule["expr"]) & asked}
    assert panel.alert in judging or not judging


def metrics_of(expression: str) -> set[str | None]:
    return {selector.name for selector in selectors(expression)}


def test_no_more_than_ten_alerts_call_a_person_at_night() -> None:
    assert sum(rule["labels"]["severity"] == "page" for rule in ALERTS.values()) <= MOST_THAT_PAGE


def test_every_alert_has_its_section_with_the_same_five_answers() -> None:
    chapter = text(OPERATIONS).partition("\n## Alerts\n")[2]
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^### |\Z)", chapter, re.MULTILINE | re.DOTALL))
    assert set(sections) == set(ALERTS)
    for name, section in sections.items():
        for said in ("**Means.**", "**Costs.**", "**First.**", "**Then.**", "**Over.**"):
            assert said in section, (name, said)
        command = ALERTS[name]["annotations"]["first_command"]
        assert f"* **First.** `{as_documents_write(command)}`: " in section, name


def as_documents_write(command: str) -> str:
    """`{{ $labels.service }}` is `<service>`, and `<SERVICE>` in capitals."""
    capitals = re.sub(r"\{\{ \$labels\.(\w+) \| toUpper \}\}", lambda match: f"<{match[1].upper()}>", command)
    return re.sub(r"\{\{ \$labels\.(\w+) \}\}", r"<\1>", capitals)
