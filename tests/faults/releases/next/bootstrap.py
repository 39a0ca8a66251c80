"""registry's next release: as today's, with the further migrations that lie in the folder NEXT_RELEASE_MIGRATIONS."""

import os
from pathlib import Path

from services.registry import bootstrap as today
from services.registry.bootstrap import consumers, http, work

__all__ = ["consumers", "http", "migrations", "work"]

of_today = today.migrations()


def migrations() -> tuple[Path, ...]:
    return (*of_today, Path(os.environ["NEXT_RELEASE_MIGRATIONS"]))


today.migrations = migrations
