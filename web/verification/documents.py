"""A person's document is sent here, and its step follows what becomes of it.

The proxy passes the form's body on as it comes, to this address alone.
"""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shared.contracts.identity.people import GET_ACCOUNT, Account, GetAccount
from shared.contracts.identity.verification.documents import (
    GET_DOCUMENTS,
    GetDocuments,
)
from shared.errors import Conflict, InvalidInput, NotFound, Throttled, Unavailable
from web.language.refusals import retry_after
from web.page.addresses import form_on, fragment_of
from web.page.htmx import make_response
from web.page.page import begin_page, errors_in_frame
from web.page.session.signed_in import signed_in
from web.page.visit import Visit, begin_visit
from web.site.security import csrf
from web.verification.document_forms import DocumentForm
from web.verification.document_view import (
    ask_for_documents,
    documents_of,
    status_of,
)
from web.verification.storing import slot, take_in
from web.verification.upload_stream import (
    Upload,
    UploadEnded,
    begin_upload,
    take_fields,
    unread,
)

bp = Blueprint(
    "identity_documents", __name__, url_prefix="/account/verification/document"
)

_PAGE, _FORM = "verification.show_center", "identity_documents.show_form"
_FIELDS_WITHIN_S = 20


@bp.get("")
@signed_in
def show_form() -> ResponseReturnValue:
    return _show(DocumentForm.from_address())


@bp.post("")
@csrf.exempt  # type: ignore[untyped-decorator]  # `_read_fields` checks the token
@form_on(_FORM, keeps=("step",))
@unread
@signed_in
def send() -> ResponseReturnValue:
    """Take in the document of a person, whose session is checked before it is read."""
    visit = begin_visit()
    with errors_in_frame(visit):
        visit.require_live_session()
        with slot(visit.identify().user_id):
            return _read(visit)


@bp.get("/state")
@fragment_of(_PAGE)
@signed_in
def state() -> ResponseReturnValue:
    """Load the page again once the document's state is another than it shows."""
    visit = begin_visit(polling=True)
    step = DocumentForm.from_address().read_step()
    if step is None:
        raise NotFound("no_such_page")
    known = visit.read(GET_DOCUMENTS, GetDocuments())
    if status_of(step, known).value == request.args.get("state"):
        return "", HTTPStatus.NO_CONTENT
    return make_response("", refresh=True)


def _read(visit: Visit) -> ResponseReturnValue:
    try:
        upload = begin_upload(_FIELDS_WITHIN_S)
        _read_fields(upload)
    except UploadEnded:
        form = DocumentForm.from_address()
        return _show(form.refuse(InvalidInput("upload_ended")), visit)
    return _take_in(visit, upload)


def _read_fields(upload: Upload) -> None:
    """Read what stands before the file, and check that the form is ours.

    Raises:
        UploadEnded: it is another form.
        CSRFError: it is not.
    """
    take_fields(upload.read_fields())
    csrf.protect()


def _take_in(visit: Visit, upload: Upload) -> ResponseReturnValue:
    form = DocumentForm()
    try:
        what = form.read(upload.file_name)
        sent = take_in(visit, upload, what, form.form_key.data or "")
    except UploadEnded:
        return _show(form.refuse(InvalidInput("upload_ended")), visit)
    except (InvalidInput, Conflict, Throttled, Unavailable) as refusal:
        return *_show(form.refuse(refusal), visit), retry_after(refusal)
    flash(_("We received your document. We are checking the file."), "success")
    return redirect(url_for(_PAGE, _anchor=sent.step.value), code=303)


def _show(form: DocumentForm, visit: Visit | None = None) -> tuple[str, int]:
    step = form.read_step()
    if step is None:
        raise NotFound("no_such_page")
    page = begin_page(visit=visit)
    ask_for_documents(page, optional=False)
    page.ask("account", GET_ACCOUNT, GetAccount())
    account: Account | None = page.answer("account")
    known = documents_of(page, account) if account else {}
    return page.show(
        "verification/document.html",
        form=form,
        view=known.get(step.value),
        status=form.status,
    )
