"""The nameko class of the toy service."""

from chassis.web.service import http_service
from tests.integration.web.toy.api import routes

ToyHttp = http_service(routes)
