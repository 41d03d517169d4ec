"""A bare nameko service, as nameko leaves it: ``python -m bench.echo AMQP_URL``."""

import eventlet

eventlet.monkey_patch()

import sys  # noqa: E402

from nameko.constants import RPC_EXCHANGE_CONFIG_KEY  # noqa: E402
from nameko.rpc import rpc  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402

from shared.rpc.messages import RPC_EXCHANGE  # noqa: E402


class EchoService:
    name = "echo"

    @rpc  # type: ignore[untyped-decorator]
    def echo(self, text: str) -> dict[str, str]:
        return {"text": text}


def main() -> None:
    runner = ServiceRunner(
        {"AMQP_URI": sys.argv[1], RPC_EXCHANGE_CONFIG_KEY: RPC_EXCHANGE}
    )
    runner.add_service(EchoService)
    runner.start()
    runner.wait()


if __name__ == "__main__":
    main()
