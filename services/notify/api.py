"""The doors of notify: a company and its endpoint, and the log of what was sent to it."""

from uuid import UUID

from pydantic import BaseModel

from chassis.identity.principal import Kind
from chassis.web.routes import Page, Query, Routes
from contracts.commands.notify import (
    RegisterEndpoint,
    ResumeEndpoint,
    RotateEndpointSecret,
    SuspendEndpoint,
    VerifyEndpoint,
)
from contracts.sql import Cursor
from services.notify import views
from services.notify.deliveries import log
from services.notify.deliveries.log import DeliveryFilter, DeliveryView
from services.notify.domain.endpoint import Status
from services.notify.views import EndpointFilter, EndpointView

COMPANY_OR_OFFICER: tuple[Kind, ...] = ("company", "officer")


class EndpointAnswer(BaseModel):
    """The endpoint as it is now."""

    endpoint_id: UUID
    state: Status
    url: str


class EndpointWithSecret(EndpointAnswer):
    """`secret` (`whsec_…`) verifies `v1` signatures: keep it, it is not shown again. `public_key` verifies `v1a`."""

    secret: str
    public_key: str


def list_endpoints(cursor: Cursor, query: Query) -> Page[EndpointView]:
    """A company sees its own endpoint only, whatever it asks for."""
    narrow: EndpointFilter = query.filters
    company = query.principal.company_id if query.principal else None
    if company is not None:
        narrow = narrow.model_copy(update={"provider_id": company})
    after = UUID(query.page.after[0]) if query.page.after else None
    rows = views.list_endpoints(cursor, narrow, after, query.page.fetch)
    return Page.of(rows, query.page, key=lambda row: [str(row.endpoint_id)])


def list_deliveries(cursor: Cursor, query: Query) -> Page[DeliveryView]:
    """A company sees what was sent to it only, whatever it asks for."""
    narrow: DeliveryFilter = query.filters
    company = query.principal.company_id if query.principal else None
    if company is not None:
        narrow = narrow.model_copy(update={"provider_id": company})
    after = int(query.page.after[0]) if query.page.after else None
    rows = log.list_deliveries(cursor, narrow, after, query.page.fetch)
    return Page.of(rows, query.page, key=lambda row: [row.number])


routes = Routes("notify")
routes.command(
    "POST", "/endpoints", RegisterEndpoint, status=201, answers=EndpointWithSecret, who=COMPANY_OR_OFFICER,
    summary="Name the address of a company's webhook, or a new one; the secret is shown once",
)  # fmt: skip
routes.command(
    "POST", "/endpoints/{endpoint_id}/verification", VerifyEndpoint, answers=EndpointAnswer, who=COMPANY_OR_OFFICER,
    summary="Send a signed test message now; an answer with 2xx makes the endpoint active",
)  # fmt: skip
routes.command(
    "POST", "/endpoints/{endpoint_id}/secret-rotation", RotateEndpointSecret, status=201, answers=EndpointWithSecret,
    who=COMPANY_OR_OFFICER, summary="Make a new secret; the old one goes on signing beside it for 24 hours",
)  # fmt: skip
routes.command(
    "POST", "/endpoints/{endpoint_id}/suspension", SuspendEndpoint, answers=EndpointAnswer, who=COMPANY_OR_OFFICER,
    summary="Send nothing there any more; its messages are held",
)  # fmt: skip
routes.command(
    "POST", "/endpoints/{endpoint_id}/resumption", ResumeEndpoint, answers=EndpointAnswer, who=COMPANY_OR_OFFICER,
    summary="Send held messages now, and those whose last try failed again from the start of the schedule",
)  # fmt: skip
routes.query(
    "GET", "/endpoints", list_endpoints, filters=EndpointFilter, answers=Page[EndpointView], after=True,
    who=COMPANY_OR_OFFICER, summary="Endpoints; a company sees its own",
)  # fmt: skip
routes.query(
    "GET", "/deliveries", list_deliveries, filters=DeliveryFilter, answers=Page[DeliveryView],
    after="notify.deliveries", who=COMPANY_OR_OFFICER, summary="What was sent, with each attempt and its answer",
)  # fmt: skip
