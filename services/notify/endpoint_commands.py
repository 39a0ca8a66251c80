"""Commands on endpoints whose answer needs the outside world, before or after the transaction that decides.

An address is looked up before it is registered; a test message is sent before an endpoint counts as verified; and a new
secret is shown to whoever made it, again only when the very same command is repeated.
"""

from dataclasses import asdict, replace
from uuid import UUID, uuid5

from chassis.identity.principal import Principal
from chassis.postgres.pool import Pool
from chassis.store.commands import Answer, Authority, Commands, Context, command_id_of
from chassis.store.load import load
from chassis.timers.clocks import Clocks
from contracts.commands.notify import RegisterEndpoint, RotateEndpointSecret, VerifyEndpoint
from contracts.envelope import Command
from services.notify import handlers
from services.notify.deliveries.probes import check_address, send_test
from services.notify.domain.refusals import EndpointDidNotAnswer, UnknownEndpoint
from services.notify.handlers import ENDPOINT, must_be_own
from services.notify.vault import Vault

SECRET = "secret"
"""The label of the secret's id among the ids of its command."""


class EndpointCommands(Commands):
    """The service's `Commands`, with what comes before and after."""

    def __init__(self, vault: Vault, authority: Authority, clocks: Clocks, scope: str) -> None:
        made = handlers.commands(self._make_secret)
        super().__init__(made, authority, clocks, scope, "notify", writing=(RegisterEndpoint, RotateEndpointSecret))
        self._vault = vault

    def execute(
        self,
        pool: Pool,
        command: Command,
        *,
        principal: Principal,
        key: str | UUID,
        expected_version: int | None = None,
        correlation_id: UUID | None = None,
        causation_id: UUID | None = None,
        traceparent: str | None = None,
    ) -> Answer:
        """As `Commands.execute`. Raises also AddressRefused, NameNotFound, EndpointDidNotAnswer, SenderBusy."""
        match command:
            case RegisterEndpoint():
                must_be_own(principal.company_id, command.provider_id)
                check_address(pool, command.url)
            case VerifyEndpoint():
                tested = self._test(pool, command.endpoint_id, principal)
                expected_version = tested if expected_version is None else expected_version
        answer = super().execute(
            pool, command, principal=principal, key=key, expected_version=expected_version,
            correlation_id=correlation_id, causation_id=causation_id, traceparent=traceparent,
        )  # fmt: skip
        if isinstance(command, RegisterEndpoint | RotateEndpointSecret):
            return self._with_secret(pool, answer, uuid5(command_id_of(principal, key), SECRET))
        return answer

    def _test(self, pool: Pool, endpoint_id: UUID, principal: Principal) -> int:
        """The version of the endpoint whose address answered: verification is refused if it changed meanwhile."""
        with pool.transaction(read_only=True) as cursor:
            endpoint = load(cursor, ENDPOINT, endpoint_id)
        must_be_own(principal.company_id, endpoint.state.provider_id)
        if endpoint.version == 0:
            raise UnknownEndpoint("There is no such endpoint.")
        seen = send_test(pool, endpoint.state.url, endpoint_id)
        if seen.error is not None:
            raise EndpointDidNotAnswer(
                "The test message was not accepted: {why}.",
                why=seen.error,
                endpoint_status=seen.status,
                endpoint_answer=seen.answer,
                duration_ms=seen.duration_ms,
            )
        return endpoint.version

    def _make_secret(self, context: Context, endpoint_id: UUID) -> None:
        self._vault.make(context.query, endpoint_id, context.new_id(SECRET))

    def _with_secret(self, pool: Pool, answer: Answer, secret_id: UUID) -> Answer:
        with pool.transaction(read_only=True) as cursor:
            shown = self._vault.show(cursor, secret_id)
        return replace(answer, response=answer.response | asdict(shown))
