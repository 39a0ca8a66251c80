"""The real sender: own socket, checked address, one deadline. No redirects, no cookies, no proxies, TLS or nothing."""

import contextlib
import errno
import http.client
import socket
import ssl
import time

from services.notify.domain.addresses import AddressPolicy, AddressRefused, Destination, NameNotFound, destination
from services.notify.sender.port import Fault, LookUpFailed, Outcome, Post
from services.notify.sender.resolver import LookUp, SystemResolver
from services.notify.sender.wire import Answer, Deadline, TooMuch, exchange, request_bytes

DEADLINE_S = 15.0
"""For name look-up, connect, TLS, send and answer together."""

OUR_OS_ERRORS = {errno.ENETUNREACH, errno.ENETDOWN, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class HttpSender:
    """Safe to use from several threads."""

    def __init__(
        self,
        policy: AddressPolicy,
        look_up: LookUp | None = None,
        deadline_s: float = DEADLINE_S,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._policy, self._deadline_s = policy, deadline_s
        self._look_up = look_up or SystemResolver()
        self._tls = tls or ssl.create_default_context()
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2

    def check(self, url: str) -> None:
        self._destination(url, Deadline(self._deadline_s))

    def send(self, post: Post) -> Outcome:
        started = time.monotonic()
        try:
            answer = self._attempt(post, Deadline(self._deadline_s))
        except Exception as error:
            words, fault = _explained(error, self._deadline_s)
            return Outcome(time.monotonic() - started, error=words, fault=fault)
        outcome = Outcome(time.monotonic() - started, answer.status, answer.body, answer.retry_after)
        if outcome.received:
            return outcome
        words = f"answered {answer.status}"
        if 300 <= answer.status < 400:
            words += "; redirects are not followed, register the new address"
        return Outcome(outcome.duration_s, answer.status, answer.body, answer.retry_after, words, Fault.THEIRS)

    def _attempt(self, post: Post, deadline: Deadline) -> Answer:
        goal = self._destination(post.url, deadline)
        request = request_bytes(post, goal.target, goal.authority)
        with contextlib.closing(_connected(goal, deadline)) as plain:
            if goal.scheme == "http":
                return exchange(plain, request, deadline)
            plain.settimeout(deadline.left())
            with self._tls.wrap_socket(plain, server_hostname=goal.host) as secure:
                return exchange(secure, request, deadline)

    def _destination(self, url: str, deadline: Deadline) -> Destination:
        return destination(url, lambda host, port: self._look_up(host, port, deadline.left()), self._policy)


def _connected(goal: Destination, deadline: Deadline) -> socket.socket:
    """The first checked address that takes the connection; each gets an equal share of the time left."""
    failure: OSError = OSError("no address")
    for number, address in enumerate(goal.addresses):
        connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        try:
            connection.settimeout(deadline.left() / (len(goal.addresses) - number))
            connection.connect((address, goal.port))
            return connection
        except OSError as error:
            connection.close()
            failure = error
    raise failure


def _explained(error: Exception, deadline_s: float) -> tuple[str, Fault]:
    match error:
        case AddressRefused() | NameNotFound():
            return error.detail, Fault.THEIRS
        case LookUpFailed():
            return str(error), Fault.OURS
        case TimeoutError():
            return f"no complete answer within {deadline_s:g} s", Fault.THEIRS
        case ssl.SSLCertVerificationError():
            return f"the certificate is not good: {error.verify_message}", Fault.THEIRS
        case ssl.SSLError():
            return f"TLS failed: {error.reason or error}", Fault.THEIRS
        case TooMuch():
            return str(error), Fault.THEIRS
        case http.client.RemoteDisconnected():
            return "the connection was closed before an answer", Fault.THEIRS
        case http.client.HTTPException():
            return f"the answer is no HTTP/1.1 ({type(error).__name__})", Fault.THEIRS
        case OSError():
            fault = Fault.OURS if error.errno in OUR_OS_ERRORS else Fault.THEIRS
            return f"the connection failed: {error.strerror or error}", fault
        case _:
            return f"the attempt could not be made: {type(error).__name__}: {error}", Fault.OURS
