"""After the story nearly every list holds something, and its pages together are the list."""

from importlib import import_module

import pytest

from contracts.topics import SERVICES
from tests.monitoring.answering import Api

LISTS = [route.path for service in SERVICES for route in import_module(f"services.{service}.api").routes if route.pages]
OF_A_PAGE = "1"
EMPTY = {"/reporting/v1/summaries"}
"""The story looks at the summary and keeps none; its pages are tested beside it."""


@pytest.mark.parametrize("path", LISTS)
def test_pages_of_a_real_list_are_the_list(path: str, api: Api) -> None:
    whole = list(api.pages(path))
    assert bool(whole) == (path not in EMPTY)
    assert list(api.pages(path, limit=OF_A_PAGE)) == whole
