"""Phone numbers as people write them."""

import phonenumbers
from flask import Flask
from phonenumbers import NumberParseException, PhoneNumberFormat


def register(app: Flask) -> None:
    app.add_template_filter(phone_number, "phone_number")


def phone_number(text: str) -> str:
    """Group the digits of a number, given as in E.164: ``+49 1512 3456789``."""
    try:
        number = phonenumbers.parse(text)
    except NumberParseException:
        return text
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
