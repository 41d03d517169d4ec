"""Parse banks' XML without XML's dangerous features."""

from xml.etree import ElementTree as ET

from cli.importing.records import FileError
from shared.language.translation import gettext as _


def parse_plain_xml(content: bytes) -> ET.Element:
    """Parse a document that defines no entities, and return its root.

    Raises:
        FileError: it defines entities or is not XML.
    """
    parser = ET.XMLParser(target=_PlainTree())  # noqa: S314  see `_PlainTree`
    try:
        parser.feed(content)
        root: ET.Element = parser.close()
    except ET.ParseError as error:
        message = _("The file is not XML: %(error)s", error=error)
        raise FileError(message) from error
    return root


class _PlainTree(ET.TreeBuilder):
    """Refuse document types, where entities are defined, and so entity bombs.

    The parser recognizes one in every encoding that it reads.
    """

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:  # noqa: ARG002
        raise FileError(_("The file defines XML entities, which bank files never do."))
