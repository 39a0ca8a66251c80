"""The state folder of a stack: where it lies, its sub-folders, its lock and its secrets.

<root>/servers/<stamp>/     unpacked servers and programs for tests, shared by every stack of this root
<root>/postgres/ kafka/     data of the two servers; prometheus/ what was scraped
<root>/logs/ pids/          one file a program
<root>/secrets/             passwords of the servers, one file each, mode 0600, made once and kept between runs
<root>/keys/                keys of the services (deploy/local/stack/keys.py)
<root>/environment          how to reach the running stack, for programs in another terminal, mode 0600
<root>/story/               run folders of the story
<root>/venvs/               Python environments of the sample programs
<root>/tests/<run>/         a whole state folder of its own for one run of the tests
"""

import contextlib
import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from deploy.local.stack.errors import StackError, StateInUse
from deploy.local.stack.pids import recorded, started_at

CHECKOUT = Path(__file__).resolve().parents[3]
NOBODY = 65534  # the user `nobody`, in every /etc/passwd: initdb wants a user with a name


def default_root() -> Path:
    """`$PHOIHOP_STATE`, else `.state/` of the checkout, for root `/var/lib/phoihop/<hash of the checkout's path>`.

    PostgreSQL refuses to run as root and then runs as `nobody`, who must reach every folder above its files; a checkout
    often lies under a folder that only root may enter.
    """
    if chosen := os.environ.get("PHOIHOP_STATE"):
        return Path(chosen).resolve()
    if os.geteuid() == 0:
        return Path("/var/lib/phoihop") / hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:12]
    return CHECKOUT / ".state"


class StateFolder:
    """One state folder. Sub-folders are made when first asked for."""

    def __init__(self, root: Path, installed: Path | None = None) -> None:
        """`installed`: where `servers/` and `venvs/` lie; `$PHOIHOP_INSTALLED` if not given, else `root` itself."""
        self.root = root
        self.installed = installed or Path(os.environ.get("PHOIHOP_INSTALLED") or root)
        self._lock: int | None = None
        root.mkdir(parents=True, exist_ok=True, mode=0o755)

    @property
    def servers(self) -> Path:
        """Unpacked servers, which several state folders may share."""
        return _made(self.installed / "servers")

    @property
    def venvs(self) -> Path:
        """Python environments of the sample programs."""
        return _made(self.installed / "venvs")

    def folder(self, name: str, mode: int = 0o755) -> Path:
        path = self.root / name
        path.mkdir(exist_ok=True, mode=mode)
        return path

    def log(self, program: str) -> Path:
        return self.folder("logs") / f"{program}.log"

    def rotate_logs(self) -> None:
        """Keeps the logs of the run before as `<program>.log.1`. The lock must be held."""
        for log in self.folder("logs").glob("*.log"):
            log.rename(log.with_suffix(".log.1"))

    def pid_file(self, program: str) -> Path:
        return self.folder("pids") / program

    def secret(self, name: str) -> str:
        """The secret of that name, 32 random bytes in URL-safe base64; made at the first call, mode 0600."""
        path = self.folder("secrets", mode=0o700) / name
        try:
            return path.read_text()
        except FileNotFoundError:
            return write_private(path, secrets.token_urlsafe(32))

    def lock(self) -> None:
        """Raises StateInUse when another process holds this folder. A killed holder frees it."""
        if self._lock is not None:
            return
        descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise StateInUse(
                f"another run (pid {self.holder()}) uses the state folder {self.root}; end it with 'make stop', "
                "or choose another folder with PHOIHOP_STATE"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {started_at(os.getpid())}".encode(), 0)
        self._lock = descriptor

    def holder(self) -> int | None:
        """The pid of the process that holds the lock, if it can be told."""
        return recorded(self.root / "lock") if self.is_locked() else None

    def unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def is_locked(self) -> bool:
        """Whether some process, this one included, holds the folder."""
        if self._lock is not None:
            return True
        try:
            descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Waits until no other process is inside `exclusive` of that folder."""
    with (folder / "exclusive.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def write_private(path: Path, text: str) -> str:
    """Writes `text` so that the file never exists half-written nor readable by others; returns the text."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    partial.rename(path)
    return text


def require_reachable(folder: Path) -> None:
    """Raises StackError when `nobody` cannot enter `folder`; asked only when root runs the stack."""
    for parent in [folder, *folder.parents]:
        if not parent.stat().st_mode & 0o001:
            raise StackError(
                f"PostgreSQL runs as the user nobody, who cannot enter {parent}; "
                f"choose a state folder that everybody can reach with PHOIHOP_STATE, or: chmod o+x {parent}"
            )
