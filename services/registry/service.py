"""The nameko class: one entrypoint a route."""

from chassis.web.service import http_service
from services.registry.api import routes

RegistryHttp = http_service(routes)
