from chassis.run import main

main("registry", "tests.faults.releases.next")
