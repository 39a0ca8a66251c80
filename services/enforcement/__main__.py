from chassis.run import main

main("enforcement")
