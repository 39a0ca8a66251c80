from chassis.run import main

main("counter", "tests.conformance.counter")
