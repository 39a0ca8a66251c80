"""The run's folder: what was sent, byte for byte, written down before it is first sent.

<run folder>/current            the id of the run that is being played
<run folder>/<run id>/sent/     one file a request: its exact bytes
<run folder>/<run id>/answered/ one file an answer that a later step needs, such as a key that is shown once
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5


class Journal:
    """One run. Command ids derive from its id, so that a second play repeats the first and changes nothing."""

    def __init__(self, folder: Path, run_id: UUID) -> None:
        self.run_id = run_id
        self.folder = folder / str(run_id)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @classmethod
    def open(cls, folder: Path, fresh: bool) -> "Journal":
        """The run that was begun last, or a new one."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        current = folder / "current"
        if fresh or not current.exists():
            _write_durably(current, str(uuid4()).encode())
        return cls(folder, UUID(current.read_text()))

    def command_id(self, label: str) -> UUID:
        return uuid5(self.run_id, label)

    def sent(self, label: str, make: Callable[[], bytes]) -> bytes:
        """The bytes of that request: as they were sent before, or made now and written down first."""
        path = self.folder / "sent" / label
        if not path.exists():
            _write_durably(path, make())
        return path.read_bytes()

    def keep(self, label: str, answer: dict[str, Any]) -> None:
        """Write an answer down for later steps and runs."""
        _write_durably(self.folder / "answered" / f"{label}.json", json.dumps(answer, ensure_ascii=False).encode())

    def kept(self, label: str) -> dict[str, Any] | None:
        path = self.folder / "answered" / f"{label}.json"
        return json.loads(path.read_bytes()) if path.exists() else None


def _write_durably(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.draft")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
