"""Every message type there is, found by walking the model classes: nobody keeps a list by hand."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from types import MappingProxyType, ModuleType
from typing import TypeVar

import contracts.commands
import contracts.events
from contracts.envelope import Command, Event, Message

TypeKey = tuple[str, int]
"""The stable type name and the version: ("registry.agent-registered", 1)."""

M = TypeVar("M", bound=Message)


def _walk(package: ModuleType) -> Iterator[type[Message]]:
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda found: found.name):
        loaded = importlib.import_module(f"{package.__name__}.{module.name}")
        for value in vars(loaded).values():
            if isinstance(value, type) and issubclass(value, Message) and "message_type" in vars(value):
                yield value


@cache
def events() -> "MappingProxyType[TypeKey, type[Event]]":
    """Event models by (type, version). Raises ValueError when two classes claim the same."""
    return _unique(kind for kind in _walk(contracts.events) if issubclass(kind, Event))


@cache
def commands() -> "MappingProxyType[TypeKey, type[Command]]":
    """Command models by (type, version)."""
    return _unique(kind for kind in _walk(contracts.commands) if issubclass(kind, Command))


def _unique(kinds: Iterator[type[M]]) -> "MappingProxyType[TypeKey, type[M]]":
    found: dict[TypeKey, type[M]] = {}
    for kind in kinds:
        key = (kind.message_type, kind.schema_version)
        if found.setdefault(key, kind) is not kind:
            raise ValueError(f"{key[0]} version {key[1]} is claimed by {found[key].__name__} and {kind.__name__}")
    return MappingProxyType(found)
