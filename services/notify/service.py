"""The nameko class of notify: one entrypoint a route."""

from chassis.web.service import http_service
from services.notify.api import routes

NotifyHttp = http_service(routes)
