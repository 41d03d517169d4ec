"""RabbitMQ for threaded programs: the web front end and the command line."""
