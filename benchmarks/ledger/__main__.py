from chassis.run import main

main("ledger", "benchmarks.ledger")
