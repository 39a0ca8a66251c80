"""What a process says of itself at `/metrics`, asked as Prometheus asks."""

from collections.abc import Iterator

import requests
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

ANSWER_S = 20


def samples(port: int) -> Iterator[Sample]:
    """Everything on the page of the process on that port. Raises AssertionError when it does not answer."""
    try:
        answer = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=ANSWER_S)
    except requests.RequestException as error:
        raise AssertionError(f"no answer from port {port}: {error}") from None
    assert answer.ok, f"{answer.status_code} {answer.text[:200]}"
    for family in text_string_to_metric_families(answer.text):
        yield from family.samples


def total(port: int, name: str, **labels: str) -> float:
    """The sum of all series of that name that bear these labels. Raises AssertionError when there is none."""
    found = [
        sample.value
        for sample in samples(port)
        if sample.name == name and labels.items() <= {str(key): value for key, value in sample.labels.items()}.items()
    ]
    assert found, f"there is no {name} {labels or ''}"
    return sum(found)
