"""What a run starts or sets up: PostgreSQL, RabbitMQ, databases, services."""
