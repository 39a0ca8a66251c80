"""Every setting a service reads, its meaning beside its name: from the environment, secrets from files."""

import os
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DELIVERY_SCHEDULE = (0, 5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 86400)
"""Standard Webhooks: seconds before each attempt, counted from the one before."""

SecretName = Literal[
    "jwt-issuer.pem",
    "jwt-issuer.pub.pem",
    "api-key-pepper",
    "order-signing.pem",
    "order-signing.pub.pem",
    "webhook-kek",
]


class CannotStart(Exception):
    """The process cannot start; the text is one line for a person and says what to do."""


class Settings(BaseSettings):
    """What `Settings("registry")` found in the environment. Raises CannotStart naming the variable that is wrong."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    service: str
    database_url: str = ""
    """DATABASE_URL_<SERVICE>: libpq connection string of the serving role."""
    database_owner_url: str = ""
    """DATABASE_OWNER_URL_<SERVICE>: the owner, who runs migrations and rebuilds, nothing else."""
    pool_size: int = Field(10, ge=1, le=200, alias="PHOIHOP_POOL_SIZE")
    """Connections this process may hold, and in `http` requests that work at the same time."""

    kafka_bootstrap_servers: str = Field("127.0.0.1:9092", alias="KAFKA_BOOTSTRAP_SERVERS")
    """Comma list of host:port."""
    kafka_username: str | None = Field(None, alias="KAFKA_USERNAME")
    """SASL_PLAINTEXT with SCRAM-SHA-512 when set, PLAINTEXT otherwise."""
    kafka_password: str | None = Field(None, alias="KAFKA_PASSWORD", repr=False)

    hole_seconds: float = Field(60.0, gt=0, alias="PHOIHOP_HOLE_SECONDS")
    """How long a consumer waits for what is missing in a partition before it reads that anew, then calls a person."""

    scope: str = Field("hai-duong", alias="PHOIHOP_SCOPE")
    """Whose instruments apply; written on every stream."""
    host: str = Field("127.0.0.1", alias="PHOIHOP_HOST")
    """The address both processes listen on; 0.0.0.0 in a container."""
    http_port: int = Field(8000, ge=0, le=65535, alias="PHOIHOP_HTTP_PORT")
    """`http` answers requests, /metrics and /health here; 0 takes a free one."""
    body_seconds: float = Field(15.0, gt=0, le=300, alias="PHOIHOP_BODY_SECONDS")
    """How long a request's body of up to a mebibyte may take; each further mebibyte has as much."""
    metrics_port: int = Field(9100, ge=0, le=65535, alias="PHOIHOP_METRICS_PORT")
    """`work` answers /metrics and /health here."""
    public_url: str = Field("http://127.0.0.1:8000", alias="PHOIHOP_PUBLIC_URL")
    """How companies and agencies reach this service; stands in documents and webhooks. No slash at the end."""
    secrets: Path = Field(Path("secrets"), alias="PHOIHOP_SECRETS")
    """Folder of secret files, mode 0600."""
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", alias="PHOIHOP_LOG_LEVEL")
    traces: str = Field("off", alias="PHOIHOP_TRACES", pattern="^(off|file:.+)$")
    """`file:<path>` appends a line of JSON for each span of OpenTelemetry; `off` costs nothing."""
    crash_at: str | None = Field(None, alias="PHOIHOP_CRASH_AT")
    """Tests only: the crash point at which the process kills itself."""

    webhook_allow_loopback: bool = Field(False, alias="PHOIHOP_WEBHOOK_ALLOW_LOOPBACK")
    """Tests and the story only: endpoints on this machine may be called."""
    webhook_private_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), alias="PHOIHOP_WEBHOOK_PRIVATE_NETWORKS"
    )
    """Comma list of networks such as 10.20.0.0/16: private addresses at which endpoints may be called."""
    webhook_schedule: Annotated[tuple[float, ...], NoDecode] = Field(
        DELIVERY_SCHEDULE, alias="PHOIHOP_WEBHOOK_SCHEDULE", min_length=1
    )
    """Comma list of seconds before each attempt."""

    def __init__(self, service: str, **given: Any) -> None:
        name = service.upper()
        found = {
            "database_url": os.environ.get(f"DATABASE_URL_{name}", ""),
            "database_owner_url": os.environ.get(f"DATABASE_OWNER_URL_{name}", ""),
        }
        try:
            super().__init__(service=service, **found | given)
        except ValidationError as wrong:
            first = wrong.errors()[0]
            raise CannotStart(f"setting {'.'.join(map(str, first['loc']))}: {first['msg']}") from None

    @field_validator("webhook_schedule", "webhook_private_networks", mode="before")
    @classmethod
    def _comma_list(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    def secret(self, name: SecretName) -> bytes:
        """The bytes of one secret file, without a line end. Raises CannotStart when it cannot be read."""
        try:
            return (self.secrets / name).read_bytes().rstrip(b"\n")
        except OSError as error:
            raise CannotStart(
                f"secret {name} cannot be read from {self.secrets} ({error.strerror}); PHOIHOP_SECRETS names the folder"
            ) from None
