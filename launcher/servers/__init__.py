"""Start or set up PostgreSQL, RabbitMQ, databases and services."""
