"""``client-area verification``: documents that customers sent for verification."""

import base64
import os
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click
import msgspec

from cli import viewed_files
from cli.batches import pages
from cli.context import KEY, CommandContext
from shared.contracts.identity.verification import documents
from shared.language.translation import gettext as _
from shared.sealed_stream import DamagedStream, unseal
from shared.settings import Settings, read_settings
from shared.storage.settings import read_storage
from shared.storage.storage import NotStored, StorageUnavailable

_REASONS = [reason.value for reason in documents.RejectionReason]
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def verification() -> None:
    """Review the documents that customers sent for verification."""
    viewed_files.forget_old(_settings().var)


@verification.command("list")
@click.pass_obj
def list_(context: CommandContext) -> None:
    """List the documents that wait for a decision, the oldest first.

    Shows what each has to agree with: the person's name or the company's details.
    """

    def ask(cursor: str | None) -> documents.DocumentsInReview:
        request = documents.ListDocumentsInReview(cursor=cursor)
        return context.call(documents.LIST_DOCUMENTS_IN_REVIEW, request)

    count = 0
    for page in pages(ask, lambda page: page.next):
        for each in page.documents:
            click.echo(_line(each))
        count += len(page.documents)
    click.echo(_("documents: %(count)s", count=count), err=True)


@verification.command("view")
@click.argument("document", type=click.UUID)
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="The folder for its pages, as JPEG files.",
)
@click.pass_obj
def view(context: CommandContext, document: UUID, folder: Path) -> None:
    """Write a document's pages to a folder, readable by you alone.

    They are deleted when you decide, and after an hour at the latest. The customer sees
    that support opened the document.
    """
    request = documents.ViewDocument(document_id=document)
    opened = context.call(documents.VIEW_DOCUMENT, request)
    settings = _settings()
    try:
        content = _read_pages(settings, opened)
        files = viewed_files.keep_for_an_hour(settings.var, document, folder, content)
    except NotStored as error:
        raise click.ClickException(_("The document is not in the storage.")) from error
    except (DamagedStream, msgspec.MsgspecError) as error:
        raise click.ClickException(_("The stored document is damaged.")) from error
    except (StorageUnavailable, OSError) as error:
        message = _("The document can't be read or written: %(error)s", error=error)
        raise click.ClickException(message) from error
    for file in files:
        click.echo(file)


@verification.command("approve")
@click.argument("document", type=click.UUID)
@click.option(
    "--expires", type=_DAY, help="The document's last day. The step expires with it."
)
@KEY
@click.pass_obj
def approve(context: CommandContext, document: UUID, expires: datetime | None) -> None:
    """Accept a document. The customer's limits follow at once."""
    last_day = expires.date() if expires else None
    request = documents.ApproveDocument(document_id=document, valid_until=last_day)
    done = context.call(documents.APPROVE_DOCUMENT, request)
    viewed_files.forget(_settings().var, document)
    click.echo(_("%(step)s: verified", step=done.step.value))


@verification.command("reject")
@click.argument("document", type=click.UUID)
@click.option(
    "--reason",
    type=click.Choice(_REASONS),
    required=True,
    help="The customer reads a sentence for it.",
)
@click.option("--note", default="", help="A sentence of yours for the customer.")
@KEY
@click.pass_obj
def reject(context: CommandContext, document: UUID, reason: str, note: str) -> None:
    """Reject a document and tell the customer why."""
    request = documents.RejectDocument(
        document_id=document, reason=documents.RejectionReason(reason), note=note
    )
    done = context.call(documents.REJECT_DOCUMENT, request)
    viewed_files.forget(_settings().var, document)
    click.echo(_("%(step)s: rejected", step=done.step.value))


def _settings() -> Settings:
    return read_settings(os.environ)


def _line(it: documents.ReviewedDocument) -> str:
    document = it.document
    sent = f"{document.sent_at:%Y-%m-%d %H:%M}" if document.sent_at else ""
    compared = ", ".join(filter(None, (it.company_name, *it.address, it.country)))
    return "  ".join(
        (str(document.id), sent, document.document_type.value, it.email)
        + ((compared,) if document.company_id else (it.name,))
    )


def _read_pages(settings: Settings, opened: documents.DocumentView) -> list[bytes]:
    name = documents.remade_name(opened.document_id)
    subject_id = opened.company_id or opened.user_id
    context = documents.associated_data(name, subject_id)
    key = base64.b64decode(opened.data_key)
    stored = read_storage(settings).read(name)
    content = b"".join(unseal(key, context, stored))
    return msgspec.msgpack.decode(content, type=list[bytes])
