# Starts RabbitMQ with the user that $RABBITMQ_DEFAULT_USER and _PASS name.
set -eu
umask 077

cat > /tmp/rabbitmq.conf <<END
default_user = $RABBITMQ_DEFAULT_USER
default_pass = $RABBITMQ_DEFAULT_PASS
log.console = true
END
export RABBITMQ_CONFIG_FILE=/tmp/rabbitmq.conf
# Makes the script become the broker instead of waiting for it.
export RUNNING_UNDER_SYSTEMD=true
exec rabbitmq-server
