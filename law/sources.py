"""YAML that remembers its lines, so that a fault in the data is reported as `law/instruments/hd.yaml:123: …`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

T = TypeVar("T")
Place = tuple[str | int, ...]
"""Where in a document: keys and indices from its root."""

_PLAIN = {
    "extra_forbidden": "unknown field '{last}'",
    "missing": "field '{last}' is missing",
    "literal_error": "unknown {last} {input!r}, expected {expected}",
    "date_parsing": "bad date {input!r}, expected YYYY-MM-DD",
    "date_from_datetime_parsing": "bad date {input!r}, expected YYYY-MM-DD",
    "date_type": "bad date {input!r}, expected YYYY-MM-DD",
}


class LawError(ValueError):
    """The law's data is faulty. Each of `faults` is one line: file, line number, what is wrong there."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(faults))


@dataclass(frozen=True)
class Source:
    """One read YAML file: `data` as plain Python values, `lines` (from 1) of every key and item in it."""

    name: str
    data: Any
    lines: Mapping[Place, int]

    def at(self, *place: str | int) -> str:
        """`file:line` of the place, or of the nearest thing around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return f"{self.name}:{self.lines.get(place, 1)}"

    def parse(self, model: type[T], data: Any, *place: str | int) -> T:
        """`data`, found at `place`, as `model`. Raises LawError with one fault per wrong field."""
        try:
            return TypeAdapter(model).validate_python(data)
        except ValidationError as error:
            raise LawError([self._fault(one, place) for one in error.errors()]) from None

    def section(self, model: type[T], key: str) -> list[T]:
        """The rows of the list under `key`. Raises LawError with all faults of all rows."""
        rows = self.data.get(key) if isinstance(self.data, dict) else None
        if not isinstance(rows, list):
            raise LawError([f"{self.at(key)}: a list '{key}:' is expected"])
        parsed: list[T] = []
        faults: list[str] = []
        for index, row in enumerate(rows):
            try:
                parsed.append(self.parse(model, row, key, index))
            except LawError as error:
                faults += error.faults
        if faults:
            raise LawError(faults)
        return parsed

    def only(self, *keys: str) -> None:
        """Raises LawError unless the document is a mapping of these keys."""
        if not isinstance(self.data, dict):
            raise LawError([f"{self.name}:1: a mapping is expected"])
        unknown = [f"{self.at(key)}: unknown field '{key}'" for key in self.data if key not in keys]
        if unknown:
            raise LawError(unknown)

    def _fault(self, error: ErrorDetails, place: Place) -> str:
        where = place + error["loc"]
        last = next((part for part in reversed(where) if isinstance(part, str)), "value")
        plain = _PLAIN.get(error["type"], "{last}: {message}")
        said = plain.format(
            last=last, input=error["input"], message=error["msg"], expected=error.get("ctx", {}).get("expected", "")
        )
        return f"{self.at(*where)}: {said}"


def read_yaml(path: Path, name: str) -> Source:
    """Reads one file; `name` is how faults call it. Raises LawError: unreadable, no YAML, a key twice, a bad date."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LawError([f"{name}:1: cannot be read: {error}"]) from None
    loader = yaml.CSafeLoader(text)
    try:
        root = loader.get_single_node()
        lines: dict[Place, int] = {}
        faults: list[str] = []
        data = _plain(loader, root, (), lines, faults, name)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise LawError([f"{name}:{line}: not YAML: {error.problem}"]) from None
    except yaml.YAMLError as error:
        raise LawError([f"{name}:1: not YAML: {error}"]) from None
    finally:
        loader.dispose()
    if faults:
        raise LawError(faults)
    return Source(name, data, lines)


def yaml_files(folder: Path, name: str) -> Iterator[Source]:
    """Every `*.yaml` of a folder, in the order of names. Raises LawError when there is none."""
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise LawError([f"{name}:1: no *.yaml file in this folder"])
    for path in paths:
        yield read_yaml(path, f"{name}/{path.name}")


def _plain(
    loader: yaml.CSafeLoader,
    node: yaml.Node | None,
    place: Place,
    lines: dict[Place, int],
    faults: list[str],
    name: str,
) -> Any:
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in mapping:
                faults.append(f"{name}:{line}: field '{key}' stands here twice")
            lines[(*place, key)] = line
            mapping[key] = _plain(loader, value_node, (*place, key), lines, faults, name)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        items = []
        for index, item in enumerate(node.value):
            lines[(*place, index)] = item.start_mark.line + 1
            items.append(_plain(loader, item, (*place, index), lines, faults, name))
        return items
    if node is None:
        return None
    try:
        return loader.construct_object(node)
    except ValueError as error:
        faults.append(f"{name}:{node.start_mark.line + 1}: bad date or value {node.value!r}: {error}")
        return None
