from chassis.run import main

main("notify")
