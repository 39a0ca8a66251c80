"""The nameko class: one entrypoint a route."""

from chassis.web.service import http_service
from services.inspection.api import routes

InspectionHttp = http_service(routes)
