"""A service's older release: it does not know one event class yet. OLDER_RELEASE is `service writer ClassName`."""

import importlib
import os

from chassis.run import main
from contracts import catalogue

if __name__ == "__main__":
    service, writer, name = os.environ["OLDER_RELEASE"].split()
    importlib.import_module(f"services.{service}.bootstrap")
    delattr(importlib.import_module(f"contracts.events.{writer}"), name)
    catalogue.events.cache_clear()
    main(service)
