"""The environment variables that point the processes at the servers. Their meaning is told in `chassis/settings.py`.

`DATABASE_URL_<SERVICE>` (all five) and `KAFKA_BOOTSTRAP_SERVERS` in our own environment name existing clusters: they
are passed on as they are, with what belongs to them, and the local server is not started.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from contracts.topics import AGENCIES_ON_THE_BUS, SERVICES, agency_user
from deploy.local.stack.errors import StackError
from deploy.local.stack.kafka import ADMIN
from deploy.local.stack.servers import Servers

WEBHOOK_SCHEDULE_S = "0,1,2,2,5,5,10,10,30,60,60,60,60"


@dataclass(frozen=True)
class Existing:
    """Which servers somebody else runs."""

    postgres: bool
    kafka: bool


def existing_clusters(environment: Mapping[str, str] = os.environ) -> Existing:
    """Raises StackError when only some of the databases are named."""
    names = [f"{kind}_{service.upper()}" for kind in ("DATABASE_URL", "DATABASE_OWNER_URL") for service in SERVICES]
    absent = [name for name in names if not environment.get(name)]
    if absent and len(absent) < len(names):
        raise StackError(f"name all databases of the existing cluster or none; missing: {', '.join(absent)}")
    return Existing(postgres=not absent, kafka=bool(environment.get("KAFKA_BOOTSTRAP_SERVERS")))


def agencies() -> tuple[str, ...]:
    """The agencies whose own systems talk over Kafka, each once."""
    return tuple(dict.fromkeys(agency for codes in AGENCIES_ON_THE_BUS.values() for agency in codes))


class Environments:
    """Builds the environment of each kind of program. `scope`: the province, as in law/provinces."""

    def __init__(self, servers: Servers, existing: Existing, keys: str, scope: str) -> None:
        self._servers = servers
        self._existing = existing
        self._shared = {
            "PHOIHOP_STATE": str(servers.state.root),
            "PHOIHOP_SECRETS": keys,
            "PHOIHOP_SCOPE": scope,
            "PYTHONUNBUFFERED": "1",
        }

    def of_service(self, service: str) -> dict[str, str]:
        """What `python -m services.<service> migrate|http|work` gets: its own database and Kafka user, no other's."""
        ports = self._servers.ports
        return {
            **self._shared,
            **self._databases(service),
            **self.of_kafka_user(service),
            "PHOIHOP_HTTP_PORT": str(ports.http[service]),
            "PHOIHOP_METRICS_PORT": str(ports.metrics[service]),
            "PHOIHOP_PUBLIC_URL": self.url(service),
            "PHOIHOP_WEBHOOK_ALLOW_LOOPBACK": "true",
            "PHOIHOP_WEBHOOK_SCHEDULE": WEBHOOK_SCHEDULE_S,
            "EVENTLET_NO_GREENDNS": "yes",
        }

    def of_operator(self) -> dict[str, str]:
        """What the command `phoihop` and the story get: every door's address, every database, Kafka's super user.

        `PHOIHOP_URL_<SERVICE>`: where the service answers. `PHOIHOP_COMPANY_PORTS`: ports for the companies' programs,
        comma-separated. `PHOIHOP_KAFKA_USER_<AGENCY>` and `PHOIHOP_KAFKA_PASSWORD_<AGENCY>`: the agencies' own systems.
        """
        environment = dict(self._shared)
        for service in SERVICES:
            environment |= self._databases(service)
            environment[f"PHOIHOP_URL_{service.upper()}"] = self.url(service)
            environment[f"PHOIHOP_WORK_URL_{service.upper()}"] = (
                f"http://127.0.0.1:{self._servers.ports.metrics[service]}"
            )
        environment |= self.of_kafka_user(ADMIN)
        if not self._existing.kafka:
            for agency in agencies():
                environment[f"PHOIHOP_KAFKA_USER_{agency.upper()}"] = agency_user(agency)
                environment[f"PHOIHOP_KAFKA_PASSWORD_{agency.upper()}"] = self._servers.kafka.password(
                    agency_user(agency)
                )
        environment["PHOIHOP_COMPANY_PORTS"] = ",".join(map(str, self._servers.ports.companies))
        return environment

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self._servers.ports.http[service]}"

    def of_kafka_user(self, user: str) -> dict[str, str]:
        """With an existing cluster nothing is set: what our own environment says holds for every program."""
        if self._existing.kafka:
            return {}
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self._servers.kafka.bootstrap_servers,
            "KAFKA_USERNAME": user,
            "KAFKA_PASSWORD": self._servers.kafka.password(user),
        }

    def _databases(self, service: str) -> dict[str, str]:
        if self._existing.postgres:
            return {}
        postgres = self._servers.postgres
        return {
            f"DATABASE_URL_{service.upper()}": postgres.dsn(service, "serving"),
            f"DATABASE_OWNER_URL_{service.upper()}": postgres.dsn(service, "owner"),
        }
