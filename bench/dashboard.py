"""The whole dashboard against one bare nameko call."""

from collections.abc import Iterator

from nameko.standalone.rpc import ClusterRpcProxy

from bench.bare import TEXT, echo_service, nameko_config
from bench.figures import Figure, at_most
from bench.site import Site
from bench.timing import medians_ms

GOAL = at_most(4)

_TIMES = 400


def measure(site: Site) -> Iterator[Figure]:
    browser = site.browser()
    config = nameko_config(site.amqp_url)
    with (
        echo_service(site.amqp_url),
        ClusterRpcProxy(config, timeout=10) as cluster,
    ):
        page, bare = medians_ms(
            lambda: browser.get("/"), lambda: cluster.echo.echo(text=TEXT), _TIMES
        )
    yield Figure("whole dashboard, p50: one bare nameko call", page, bare, "ms", GOAL)
