"""Looking up names within a deadline: getaddrinfo cannot be interrupted, so its thread may be left behind."""

import queue
import socket
import threading
from collections.abc import Callable

from services.notify.domain.addresses import NameNotFound
from services.notify.sender.port import LookUpFailed

LookUp = Callable[[str, int, float], tuple[str, ...]]
"""(host, port, seconds) → every address. Raises NameNotFound, LookUpFailed, TimeoutError."""

NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
MAX_AT_ONCE = 32


class SystemResolver:
    """The operating system's resolver. At most `MAX_AT_ONCE` look-ups hang at once; more are refused."""

    def __init__(self) -> None:
        self._free = threading.BoundedSemaphore(MAX_AT_ONCE)

    def __call__(self, host: str, port: int, timeout_s: float) -> tuple[str, ...]:
        if not self._free.acquire(blocking=False):
            raise LookUpFailed(f"{MAX_AT_ONCE} name look-ups are hanging already")
        answer: queue.SimpleQueue[tuple[str, ...] | Exception] = queue.SimpleQueue()
        threading.Thread(target=self._look_up, args=(host, port, answer), name="look-up", daemon=True).start()
        try:
            found = answer.get(timeout=timeout_s)
        except queue.Empty:
            raise TimeoutError(f"looking up {host} took too long") from None
        if isinstance(found, Exception):
            raise found
        return found

    def _look_up(self, host: str, port: int, answer: "queue.SimpleQueue[tuple[str, ...] | Exception]") -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
            answer.put(tuple(str(entry[4][0]) for entry in found))
        except socket.gaierror as error:
            if error.errno in NO_SUCH_NAME:
                answer.put(NameNotFound("{host} has no address.", host=host))
            else:
                answer.put(LookUpFailed(f"looking up {host} failed: {error.strerror}"))
        except Exception as error:  # a name the codec refuses: no reason to lose the waiting thread
            answer.put(LookUpFailed(f"looking up {host} failed: {error}"))
        finally:
            self._free.release()
