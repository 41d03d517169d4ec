"""RabbitMQ for programs with threads: the web front end and the command line."""
