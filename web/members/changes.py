"""What a button about a member does, and what people read of it on the list."""

from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel.speaklater import LazyString

from shared.contract import Method, RequestT, ResponseT
from shared.errors import Conflict, NotFound, Throttled
from web.language.refusals import sentence
from web.page.forms import ChangeForm


def change_and_say(
    company: UUID,
    method: Method[RequestT, ResponseT],
    wanted: RequestT,
    done: LazyString,
) -> ResponseReturnValue:
    """Make the change of the form that was sent; lead to the members with a sentence.

    Raises what a `Visit` and the method raise, unless the sentence says it.
    """
    try:
        ChangeForm().change(company, method, wanted)
    except (Conflict, NotFound, Throttled) as refusal:
        if refusal.code == "no_such_company":
            raise
        flash(sentence(refusal), "danger")
    else:
        flash(str(done), "success")
    return redirect(url_for("members.list_members", company_id=company), code=303)
