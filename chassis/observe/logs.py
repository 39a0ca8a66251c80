"""JSON logs on stdout, one object a line, each with service, process, and who asked: correlation id and trace id.

`bind(correlation_id=…, traceparent=…)` holds for the current thread, green or not, until `clear()`.
"""

import logging
import sys
import time
from collections.abc import Callable, MutableMapping
from typing import Any
from uuid import UUID

import structlog

SECRET_WORDS = ("authorization", "password", "secret", "token", "api_key", "apikey", "pepper", "signature", "cookie")
HIDDEN = "(hidden)"
SELDOM_S = 10.0
"""A client that Kafka does not let in would say so thirty times a second."""


def configure(service: str, process: str, level: str = "info") -> None:
    """Once per process, before anything logs; standard library loggers come out the same way."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _name_process(service, process),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    handler.addFilter(Seldom("kafka"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("kafka", "nameko.containers", "nameko.runners"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    for warns_of_nothing in ("kafka.net.sasl.scram", "kafka.net.selector"):  # SCRAM without TLS; a busy machine
        logging.getLogger(warns_of_nothing).setLevel(logging.ERROR)


class Seldom(logging.Filter):
    """Of what the loggers below `name` say again and again, one line in ten seconds, with how many were `left_out`."""

    def __init__(self, name: str, every_s: float = SELDOM_S, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(name)
        self._every_s, self._clock = every_s, clock
        self._said: dict[tuple[str, str], tuple[float, int]] = {}
        """When each sentence, without what is filled into it, was let through, and how often it was not since."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not super().filter(record) or not isinstance(record.msg, str):
            return True
        now, sentence = self._clock(), (record.name, record.msg)
        said_at, left_out = self._said.get(sentence, (-self._every_s, 0))
        if now - said_at < self._every_s:
            self._said[sentence] = (said_at, left_out + 1)
            return False
        if left_out:
            record.left_out = left_out
        self._said[sentence] = (now, 0)
        return True


def bind(*, correlation_id: UUID | str | None = None, traceparent: str | None = None, **more: object) -> None:
    """What every log line of this thread carries from now on."""
    found: dict[str, object] = {"correlation_id": str(correlation_id) if correlation_id else None, **more}
    if traceparent:
        found["trace_id"] = traceparent.split("-")[1]
    structlog.contextvars.bind_contextvars(**{name: value for name, value in found.items() if value is not None})


def clear() -> None:
    """Forgets what `bind` said."""
    structlog.contextvars.clear_contextvars()


def hide_secrets(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Values under a name that sounds like a secret never reach the log, at any depth."""
    for name, value in line.items():
        line[name] = _hidden(name, value)
    return line


def _hidden(name: str, value: Any) -> Any:
    if any(word in name.lower() for word in SECRET_WORDS):
        return HIDDEN
    if isinstance(value, dict):
        return {key: _hidden(str(key), inner) for key, inner in value.items()}
    return value


def _name_process(service: str, process: str) -> structlog.typing.Processor:
    def name(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        line["service"], line["process"] = service, process
        return line

    return name
