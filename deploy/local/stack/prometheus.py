"""A real Prometheus on 127.0.0.1 that scrapes both processes of every service and judges deploy/prometheus/rules.

What is checked in there is what runs here: only addresses, paths and, in tests, the pace are filled in.
"""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

from deploy.local.stack import process
from deploy.local.stack.errors import CannotStart, StackError
from deploy.local.stack.ports import Ports
from deploy.local.stack.process import Child
from deploy.local.stack.prometheus_binaries import PrometheusBinaries
from deploy.local.stack.state import CHECKOUT, StateFolder

CHECKED_IN = CHECKOUT / "deploy" / "prometheus"
RULES = CHECKED_IN / "rules"
DOCUMENTED_EVERY_S = 15
KEPT_FOR = "15d"
READY_LIMIT_S = 30


@dataclass(frozen=True)
class Sample:
    """One series of an answer, with its value now."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Alert:
    """An alert that is `pending` (it has not lasted long enough yet) or `firing`."""

    name: str
    state: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


class QueryRefused(StackError):
    """Prometheus did not answer a query; the text holds its reason."""


class Prometheus:
    """`launch()` and `wait_ready()`, or `start()`; then `query()`, `alerts()`. Data and log lie in the state folder."""

    def __init__(
        self,
        state: StateFolder,
        binaries: PrometheusBinaries,
        ports: Ports,
        *,
        every_s: int = DOCUMENTED_EVERY_S,
        rules: Path = RULES,
    ) -> None:
        """`every_s`: seconds between two scrapes and between two judgements; `rules`: the folder of the rule files."""
        self.state = state
        self.port = ports.prometheus
        self.url = f"http://127.0.0.1:{self.port}"
        self.child: Child | None = None
        self._binaries = binaries
        self._every_s = every_s
        self._rules = rules
        self._targets = {"http": ports.http, "work": ports.metrics}

    def launch(self) -> Child:
        """Writes its configuration and starts it; does not wait. Raises CannotStart."""
        folder = self.state.folder("prometheus")
        config = self.configure(folder)
        words: list[str | Path] = [
            self._binaries.prometheus,
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--storage.tsdb.retention.time={KEPT_FOR}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            f"--web.external-url={self.url}",
        ]
        if self._binaries.pages is not None:
            words.append(f"--web.local-assets={self._binaries.pages}")  # an option that Debian's package alone knows
        self.child = process.start("prometheus", words, self.state)
        return self.child

    def configure(self, folder: Path) -> Path:
        """Writes prometheus.yml and its target files into `folder`, from those checked in; returns the first."""
        config = yaml.safe_load((CHECKED_IN / "prometheus.yml").read_text())
        if self._every_s != DOCUMENTED_EVERY_S:
            pace = f"{self._every_s}s"
            config["global"] |= {"scrape_interval": pace, "evaluation_interval": pace, "scrape_timeout": pace}
        config["rule_files"] = [str(file) for file in sorted(self._rules.glob("*.yml"))]
        for part, ports in self._targets.items():
            targets = [f"127.0.0.1:{port}" for port in ports.values()]
            group = {"targets": targets, "labels": {"process": part}}
            (folder / f"targets-{part}.json").write_text(json.dumps([group]))
        written = folder / "prometheus.yml"
        written.write_text(yaml.safe_dump(config, sort_keys=False))
        return written

    def wait_ready(self, limit_s: float = READY_LIMIT_S) -> float:
        """Returns the seconds it took. Raises CannotStart."""
        if self.child is None:
            raise CannotStart("prometheus was not launched")
        return process.wait_ready(self.child, self.is_ready, limit_s)

    def start(self) -> float:
        """Launches and waits until it answers; returns the seconds taken. Raises CannotStart."""
        self.launch()
        return self.wait_ready()

    def is_ready(self) -> bool:
        try:
            return self._get("/-/ready")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def stop(self, limit_s: float = 10) -> None:
        if self.child is not None:
            self.child.stop(limit_s)
            self.child = None

    def query(self, promql: str, at: float | None = None) -> list[Sample]:
        """The instant vector (or scalar) of `promql`, now or at the Unix time `at`. Raises QueryRefused."""
        arguments = {"query": promql} | ({} if at is None else {"time": f"{at:.3f}"})
        data = self._ask(f"/api/v1/query?{urlencode(arguments)}")
        if data["resultType"] == "scalar":
            return [Sample({}, float(data["result"][1]))]
        return [Sample(series["metric"], float(series["value"][1])) for series in data["result"]]

    def alerts(self) -> list[Alert]:
        """Every alert that is pending or firing. Raises QueryRefused."""
        return [
            Alert(found["labels"]["alertname"], found["state"], found["labels"], found["annotations"])
            for found in self._ask("/api/v1/alerts")["alerts"]
        ]

    def firing(self) -> set[str]:
        """The names of the alerts that fire. Raises QueryRefused."""
        return {alert.name for alert in self.alerts() if alert.state == "firing"}

    def unhealthy_targets(self) -> list[str]:
        """Each target that was not scraped well last time, with the reason. Raises QueryRefused."""
        active = self._ask("/api/v1/targets?state=active")["activeTargets"]
        return [f"{target['scrapeUrl']}: {target['lastError']}" for target in active if target["health"] != "up"]

    def _ask(self, path: str) -> Any:
        try:
            status, body = self._get(path)
        except (OSError, http.client.HTTPException) as error:
            raise QueryRefused(f"Prometheus at {self.url} does not answer: {error}") from error
        if status != 200:
            raise QueryRefused(f"Prometheus answered {status}: {body.decode(errors='replace')[:1000]}")
        return json.loads(body)["data"]

    def _get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()
