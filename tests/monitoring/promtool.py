"""Prometheus's own tool for rules, configurations and metrics."""

import subprocess
from pathlib import Path

from deploy.local.stack import prometheus_binaries
from deploy.local.stack.state import StateFolder, default_root


def promtool(*words: str | Path, given: str = "") -> None:
    """Raises AssertionError with what it says when it finds a fault."""
    program = prometheus_binaries.install(StateFolder(default_root()).servers).promtool
    ended = subprocess.run([program, *words], input=given, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stdout + ended.stderr
