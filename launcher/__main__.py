"""Start and stop the client area: ``python -m launcher COMMAND``."""

import argparse
import json
import os
import sys

from launcher.machine.errors import LaunchError
from launcher.machine.keys import DOCUMENT_KEYS, FACTOR_KEYS
from launcher.run import embedded
from launcher.run.assets import AssetError, ensure_assets
from launcher.run.credentials import rotate_key
from launcher.run.first_run import print_mail, print_monitoring, print_ready
from launcher.run.setup import set_up
from launcher.run.stack import Stack
from launcher.run.system_packages import (
    ensure_chromium,
    ensure_nginx,
    ensure_rabbitmq,
)
from launcher.servers.given_broker import given_definitions
from launcher.servers.local_databases import forget_activity
from launcher.servers.supervision import ROOT
from shared.settings import SettingError, read_settings


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m launcher", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, function, summary in (
        ("run", run_embedded, "run in one process, with its own PostgreSQL"),
        ("stack", start_stack, "start all processes in the background"),
        ("stack-stop", stop_stack, "stop the processes started by `stack`"),
        ("build", build, "build the styles and scripts"),
        ("setup", set_up_containers, "set up what the containers need"),
        ("broker", show_broker, "print the broker's definitions, for rabbitmqctl"),
        ("rotate-factor-key", rotate_factor_key, "make a new key for app secrets"),
        ("rotate-document-key", rotate_document_key, "make a new key for documents"),
        ("forget-activity", forget_old, "delete what people did over a year ago"),
        ("prepare-tests", prepare_tests, "install and build what the tests need"),
    ):
        command = commands.add_parser(name, help=summary)
        command.set_defaults(function=function)
    try:
        parser.parse_args().function()
    except (LaunchError, AssetError, SettingError) as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit(130)


def run_embedded() -> None:
    try:
        embedded.run(os.environ)
    except KeyboardInterrupt:
        print("The client area has stopped.", flush=True)


def build() -> None:
    ensure_assets(ROOT)


def set_up_containers() -> None:
    has_demo = set_up(os.environ)
    print(f"Setup is complete, {'with' if has_demo else 'without'} the demo.")


def show_broker() -> None:
    print(json.dumps(given_definitions(os.environ), indent=2))


def rotate_factor_key() -> None:
    _rotate(FACTOR_KEYS)


def rotate_document_key() -> None:
    _rotate(DOCUMENT_KEYS)


def _rotate(name: str) -> None:
    rotate_key(read_settings(), name)
    print(
        "The new key is in use. Within an hour everything is encrypted with it; then "
        f"you can delete the other lines of {name}."
    )


def forget_old() -> None:
    count = forget_activity(read_settings(os.environ))
    print(f"{count} entries were deleted.")


def prepare_tests() -> None:
    ensure_rabbitmq()
    ensure_nginx()
    ensure_chromium()
    ensure_assets(ROOT)


def start_stack() -> None:
    address = Stack(os.environ).start()
    print_ready(address.url, has_demo=address.has_demo)
    print(f"RabbitMQ: {address.amqp_url}")
    print_mail(read_settings(os.environ))
    print_monitoring(address.admin_port)


def stop_stack() -> None:
    print(
        "The stack has stopped." if Stack(os.environ).stop() else "No stack is running."
    )


if __name__ == "__main__":
    main()
