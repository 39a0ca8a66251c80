"""Wires the toy service, in the shape every service has."""

import os
from pathlib import Path
from typing import Any

from chassis.launch import Process
from chassis.observe.doors import Check
from chassis.settings import Settings
from chassis.store.commands import Commands
from chassis.timers.clocks import CLOCKS
from tests.integration.web.toy.notes import COMMANDS

SWITCH = "TOY_NOT_READY"
"""Names a file; while it exists the service is not ready, for the reason it holds."""


def migrations() -> tuple[Path, ...]:
    return ()


def consumers(settings: Settings) -> tuple[Any, ...]:
    return ()


def http(settings: Settings) -> Process:
    from chassis.web.server import HttpProcess
    from tests.integration.web.toy.service import ToyHttp

    commands = Commands(COMMANDS, _anybody_may, CLOCKS, settings.scope, settings.service)
    return HttpProcess(ToyHttp, settings, commands, checks=[Check("switch", _switch)])


def work(settings: Settings) -> Process:
    raise NotImplementedError


def _switch() -> str | None:
    switch = Path(os.environ[SWITCH])
    return switch.read_text("utf-8") if switch.exists() else None


def _anybody_may(**asked: Any) -> str | None:
    return None
