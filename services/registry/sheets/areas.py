"""Finds the district (huyện, thị xã, thành phố) a person meant."""

from collections.abc import Mapping

from services.registry.domain.natural_keys import slug

_TITLES = ("thanh-pho-", "thi-xa-", "huyen-", "tp-", "tx-", "h-")


class Areas:
    """The province's areas by code and by name: `TP. Hải Dương`, `Hải dương` and `hai-duong` are one.

    `names`: code → Vietnamese name.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._codes = {_key(name): code for code, name in names.items()} | {_key(code): code for code in names}

    def find(self, text: str) -> str | None:
        """The area's code, or None when the province has no such area."""
        return self._codes.get(_key(text))


def _key(text: str) -> str:
    plain = slug(text)
    for title in _TITLES:
        plain = plain.removeprefix(title)
    return plain.replace("-", "")
