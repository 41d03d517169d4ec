"""A document as it is laid out on paper: all its words and figures, in its language."""

from shared.contract import Response

Row = tuple[str, str]
"""A label, and what it is about."""


class Sheet(Response, frozen=True, kw_only=True):
    """What a document's PDF shows, so that its page can show the same.

    ``language`` is a language's code, ``kind`` the title. ``seller`` and ``buyer``
    begin with a label; the name follows. ``payable`` is the sum below the totals.
    ``bank`` is empty but on a proforma, and ``notes`` are sentences.
    """

    language: str
    kind: str
    seller: list[str]
    buyer: list[str]
    facts: list[Row]
    line_head: Row
    lines: list[Row]
    totals: list[Row]
    payable: Row
    tax_head: list[str]
    tax_lines: list[list[str]]
    bank_head: str
    bank: list[Row]
    bank_note: str
    notes: list[str]
    imprint: str
