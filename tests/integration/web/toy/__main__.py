"""`python -m tests.integration.web.toy migrate | http`"""

from chassis.run import main

main("toy", "tests.integration.web.toy")
