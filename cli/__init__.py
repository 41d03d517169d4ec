"""The operator's command line: ``client-area``.

It calls the services, over RabbitMQ where one is known and else in its own process; it
never touches their databases.
"""
