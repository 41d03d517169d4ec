"""Run web, services and jobs in one process, with PostgreSQL next to it."""

import random
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread

import waitress.server
from flask import Flask

from launcher.machine.keys import ensure_keys
from launcher.machine.layout import Layout
from launcher.machine.ports import keep_port
from launcher.run.assets import ensure_assets
from launcher.run.compression import compressing
from launcher.run.first_run import (
    ensure_demo,
    print_mail,
    print_monitoring,
    print_ready,
)
from launcher.sandbox import server as sandbox
from launcher.servers.local_databases import open_databases
from launcher.servers.local_services import LocalServices
from launcher.servers.supervision import ROOT
from services.billing.settings import read_billing_settings
from services.identity.notices.postboxes import KeptMails
from shared.clock import make_clock
from shared.contracts.identity.verification import documents
from shared.db.database import POOL_SIZE
from shared.logs import configure_logs
from shared.rpc.client import ServiceClient
from shared.rpc.jobs import JobThreads
from shared.runtime import Runtime
from shared.settings import Settings, read_settings
from shared.storage.settings import read_storage
from web.app import create_app
from web.page.context import Context
from web.page.freshness.changes import Changes
from web.page.freshness.last_known import LastKnown
from web.settings import read_web_settings
from web.site import admin

THREADS = 112
"""Requests answered at once; each waits for its calls most of the time, and a login for
its turn (`web.auth.turns`)."""

_STOP_WITHIN_S = 3
_MAX_BODY_BYTES = 2 * documents.MAX_BYTES


def run(environment: Mapping[str, str]) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP, then stop everything in order.

    Raises:
        LaunchError: it can't start; the message says why.
        AssetError: the styles and scripts could not be built.
        SettingError: a setting makes no sense.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    settings = read_settings(environment)
    layout = Layout(settings.var)
    layout.make()
    ensure_assets(ROOT)
    ensure_keys(settings.keys_dir)
    log_file = layout.log_file("client-area")
    with log_file.open("a") as log, open_databases(settings) as (urls, postgres):
        configure_logs("embedded", stream=log)
        has_demo = ensure_demo(settings, urls)
        sandbox.choose_port(layout)
        settings = sandbox.settings_with(_at_free_ports(settings, layout), layout)
        kept = _kept_mails(settings)
        with (
            sandbox.served(settings),
            _services(settings, urls, kept) as services,
            _served(services, settings, kept),
        ):
            print_ready(settings.public_url, has_demo=has_demo)
            print_mail(settings, f"{settings.public_url}/dev/mailbox" if kept else "")
            print_monitoring(settings.admin_port)
            print(f"Log file: {log_file}. Press Ctrl-C to stop.", flush=True)
            if postgres:
                postgres.keep_running()
            signal.pause()


def _at_free_ports(settings: Settings, layout: Layout) -> Settings:
    """Return the settings with free ports in place of any that are in use."""
    port = keep_port(layout.port_file("web"), preferred=settings.port)
    if port != settings.port:
        print(f"Port {settings.port} is in use; using {port} instead.", flush=True)
    admin_port = keep_port(layout.port_file("admin"), settings.admin_port)
    ports = {"PORT": str(port), "ADMIN_PORT": str(admin_port)}
    return read_settings({**settings.environment, **ports})


def _kept_mails(settings: Settings) -> KeptMails | None:
    """Return where mails are kept for developers, unless there is a mail server."""
    is_sent = settings.environment.get("SMTP_URL")
    return KeptMails() if settings.is_loopback and not is_sent else None


@contextmanager
def _services(
    settings: Settings, urls: Mapping[str, str], kept: KeptMails | None
) -> Iterator[LocalServices]:
    """Provide the services with their jobs at work."""
    runtime = Runtime(make_clock(settings.clock_offset_file), random.SystemRandom())
    services = LocalServices(
        urls,
        settings,
        runtime,
        read_billing_settings(settings),
        postbox=kept,
        keeps_texts=not settings.environment.get("SMS_URL"),
    )
    jobs = JobThreads(services.jobs(), runtime)
    jobs.start()
    try:
        yield services
    finally:
        jobs.stop(_STOP_WITHIN_S)
        services.close()


@contextmanager
def _served(
    services: LocalServices, settings: Settings, kept: KeptMails | None
) -> Iterator[None]:
    """Provide the web front end, answering in threads of this process."""
    # A service works on no more calls at once than it has connections.
    with services.client(POOL_SIZE) as client:
        app = _make_app(services, client, settings, kept)
        server = waitress.server.create_server(
            compressing(app),
            host=settings.listen,
            port=settings.port,
            threads=THREADS,
            # Refused by its length alone, or once that much has come. Flask has a lower
            # limit for all forms but that of a document, which touches no disk.
            max_request_body_size=_MAX_BODY_BYTES,
            inbuf_overflow=2 * _MAX_BODY_BYTES,
            # The application itself knows which proxies it may trust.
            clear_untrusted_proxy_headers=False,
        )
        Thread(target=server.run, name="web", daemon=True).start()
        try:
            with _admin(client, settings):
                yield
        finally:
            server.task_dispatcher.shutdown(timeout=_STOP_WITHIN_S)
            server.close()


@contextmanager
def _admin(client: ServiceClient, settings: Settings) -> Iterator[None]:
    app = admin.make_admin_app(client, lambda: admin.figures_of_process(client))
    with admin.served(app, settings.admin_port or 0):
        yield


def _make_app(
    services: LocalServices,
    client: ServiceClient,
    settings: Settings,
    kept: KeptMails | None,
) -> Flask:
    clock = make_clock(settings.clock_offset_file)
    changes = Changes(clock)
    services.follow(changes.receive)
    changes.connected()
    context = Context(
        settings=read_web_settings(settings),
        client=client,
        verify_key=services.verify_key,
        clock=clock,
        last_known=LastKnown(),
        changes=changes,
        document_storage=read_storage(settings),
        kept_mails=kept.mails if kept else None,
    )
    secret = (settings.keys_dir / "web.secret").read_bytes()
    return create_app(context, secret, development=settings.is_loopback)
