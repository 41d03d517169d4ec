"""/dev/components: every piece of the interface in every state, in development only."""

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from web.dev import samples
from web.dev.forms import FilledForm, Filters, RefusedForm

bp = Blueprint("components", __name__, url_prefix="/dev")


@bp.get("/components")
def show() -> ResponseReturnValue:
    """All pieces within the frame, with made-up data; nothing is asked of a service."""
    g.company_id = samples.COMPANY_ID
    return render_template(
        "dev/components.html",
        frame=samples.frame(),
        samples=samples,
        refused=RefusedForm.made_up(),
        filled=FilledForm.made_up(),
        filters=Filters.made_up(),
        refused_filters=Filters.refused(),
    )


@bp.get("/components/first-view")
def show_first_view() -> ResponseReturnValue:
    """The same for a company that has nothing yet, while its blocks still load."""
    g.company_id = samples.COMPANY_ID
    return render_template("dev/first_view.html", frame=samples.empty_frame())


@bp.get("/components/crowded")
def show_crowded() -> ResponseReturnValue:
    """The frame of a company that has a lot of everything."""
    g.company_id = samples.COMPANY_ID
    return render_template("dev/first_view.html", frame=samples.crowded_frame())
