"""The nameko class of reporting: one entrypoint a route."""

from chassis.web.service import http_service
from services.reporting.api import routes

ReportingHttp = http_service(routes)
