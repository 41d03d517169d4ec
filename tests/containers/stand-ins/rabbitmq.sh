# Starts RabbitMQ and its management API with the user that $RABBITMQ_DEFAULT_USER and _PASS name.
set -eu
umask 077

cat > /tmp/rabbitmq.conf <<END
default_user = $RABBITMQ_DEFAULT_USER
default_pass = $RABBITMQ_DEFAULT_PASS
log.console = true
END
echo '[rabbitmq_management].' > /tmp/enabled_plugins
export RABBITMQ_CONFIG_FILE=/tmp/rabbitmq.conf
export RABBITMQ_ENABLED_PLUGINS_FILE=/tmp/enabled_plugins
# Makes the script become the broker instead of waiting for it.
export RUNNING_UNDER_SYSTEMD=true
exec rabbitmq-server
