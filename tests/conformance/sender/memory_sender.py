"""The sender's twin: endpoints are scripts in memory, time is not spent, the address rules are the real ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from services.notify.domain.addresses import AddressPolicy, AddressRefused, NameNotFound, destination
from services.notify.sender.port import MAX_KEPT, Fault, Outcome, Post


@dataclass(frozen=True)
class Scripted:
    """What an endpoint does with a post. No status: it never answers, or hangs up when `hangs_up`."""

    status: int | None = None
    body: bytes = b""
    retry_after: str | None = None
    hangs_up: bool = False


Script = Callable[[Post], Scripted]


@dataclass
class MemorySender:
    """`names` maps host names to addresses; `scripts` whole URLs to what happens there."""

    policy: AddressPolicy
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scripts: dict[str, Script] = field(default_factory=dict)
    deadline_s: float = 15.0
    posts: list[Post] = field(default_factory=list)

    def check(self, url: str) -> None:
        destination(url, self._look_up, self.policy)

    def send(self, post: Post) -> Outcome:
        try:
            destination(post.url, self._look_up, self.policy)
        except AddressRefused as refused:
            return Outcome(0.0, error=refused.detail, fault=Fault.THEIRS)
        script = self.scripts.get(post.url)
        if script is None:
            return Outcome(0.0, error="the connection failed: Connection refused", fault=Fault.THEIRS)
        self.posts.append(post)
        scripted = script(post)
        if scripted.hangs_up:
            return Outcome(0.0, error="the connection was closed before an answer", fault=Fault.THEIRS)
        if scripted.status is None:
            words = f"no complete answer within {self.deadline_s:g} s"
            return Outcome(self.deadline_s, error=words, fault=Fault.THEIRS)
        fine = 200 <= scripted.status < 300
        return Outcome(
            0.0,
            status=scripted.status,
            answer=scripted.body[:MAX_KEPT],
            retry_after=scripted.retry_after,
            error=None if fine else f"answered {scripted.status}",
            fault=None if fine else Fault.THEIRS,
        )

    def _look_up(self, host: str, _port: int) -> tuple[str, ...]:
        found = self.names.get(host)
        if not found:
            raise NameNotFound(f"{host} has no address.")
        return found
