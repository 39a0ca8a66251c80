"""The nameko class of enforcement: one entrypoint a route."""

from chassis.web.service import http_service
from services.enforcement.api import routes

EnforcementHttp = http_service(routes)
