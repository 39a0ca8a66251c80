"""Prometheus scrapes every process that the local stack starts."""

import json

from deploy.local.stack import ports
from tests.architecture.tracked import ROOT


def targets(process: str) -> set[str]:
    (group,) = json.loads((ROOT / f"deploy/prometheus/targets-{process}.json").read_text())
    assert group["labels"] == {"process": process}
    return set(group["targets"])


def test_the_targets_are_the_documented_ports() -> None:
    documented = ports.documented()
    assert targets("http") == {f"127.0.0.1:{port}" for port in documented.http.values()}
    assert targets("work") == {f"127.0.0.1:{port}" for port in documented.metrics.values()}
