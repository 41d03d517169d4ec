#!/usr/bin/env bash
# Makes stand-ins for the images of docker-compose.yml, for machines that can pull none.
# Needs root, podman and debootstrap; Debian's packages come from where debootstrap and
# apt get them. BUILD_OPTIONS go to podman build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

DEBIAN=localhost/stand-in-debian
declare -A STAND_INS=(
    [python]=docker.io/library/python:3.11-slim-bookworm
    [postgres]=docker.io/library/postgres:17
    [rabbitmq]=docker.io/library/rabbitmq:3.13-management
    [mailpit]=docker.io/axllent/mailpit:v1.27
)

if ! podman image exists "$DEBIAN"; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    debootstrap --variant=minbase bookworm "$folder/root"
    tar -C "$folder/root" -c . | podman import - "$DEBIAN"
fi
for name in "${!STAND_INS[@]}"; do
    # Options are parted by spaces.
    # shellcheck disable=SC2086
    podman build ${BUILD_OPTIONS:-} --target "$name" --tag "${STAND_INS[$name]}" .
done
