"""`python -m services.reporting migrate | http | work`. Nothing else may be imported before main() has patched."""

from chassis.run import main

main("reporting")
