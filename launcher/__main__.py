"""Start and stop the client area: ``python -m launcher COMMAND``."""

import argparse
import json
import os
import sys

from launcher.machine.errors import LaunchError
from launcher.run import embedded
from launcher.run.assets import AssetError, ensure_assets
from launcher.run.first_run import say_monitoring, say_ready
from launcher.run.setup import set_up
from launcher.run.stack import Stack
from launcher.run.system_packages import (
    ensure_chromium,
    ensure_nginx,
    ensure_rabbitmq,
)
from launcher.servers.given_broker import given_definitions
from launcher.servers.supervision import ROOT
from shared.settings import SettingError


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m launcher", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, function, summary in (
        ("run", run_embedded, "run in one process, with a PostgreSQL of its own"),
        ("stack", start_stack, "start all processes in the background"),
        ("stack-stop", stop_stack, "end what `stack` started"),
        ("build", build, "build what the browser loads"),
        ("setup", set_up_containers, "make what the stack in containers needs"),
        ("broker", show_broker, "print what the broker is to have, for rabbitmqctl"),
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
        print("The client area has ended.", flush=True)


def build() -> None:
    ensure_assets(ROOT)


def set_up_containers() -> None:
    has_demo = set_up(os.environ)
    print(f"All is set up, {'with' if has_demo else 'without'} the demonstration.")


def show_broker() -> None:
    print(json.dumps(given_definitions(os.environ), indent=2))


def prepare_tests() -> None:
    ensure_rabbitmq()
    ensure_nginx()
    ensure_chromium()
    ensure_assets(ROOT)


def start_stack() -> None:
    address = Stack(os.environ).start()
    say_ready(address.url, has_demo=address.has_demo)
    print(f"RabbitMQ: {address.amqp_url}")
    say_monitoring(address.admin_port)


def stop_stack() -> None:
    print(
        "The stack has ended." if Stack(os.environ).stop() else "No stack is running."
    )


if __name__ == "__main__":
    main()
