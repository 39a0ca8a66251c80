"""What every test may ask for. Fixtures live in tests/support/."""

pytest_plugins = ["tests.support.stack_fixture", "tests.support.story_fixture", "tests.support.clause_evidence"]
