"""The operator's command line: ``client-area``.

It calls the services over RabbitMQ if a broker is configured, otherwise in its own
process. It never touches their databases.
"""
