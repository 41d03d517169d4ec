import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.people.emails import normalise_email
from shared.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "email"),
    [
        (" Alice@Example.COM ", "alice@example.com"),
        ("a.b+tag@mail.example.co.uk", "a.b+tag@mail.example.co.uk"),
        ("JO\u0308RG@example.com", "j\u00f6rg@example.com"),
        ("info@M\u00dcNCHEN.example", "info@m\u00fcnchen.example"),
        ("用户@例子.example", "用户@例子.example"),
    ],
)
def test_an_email_has_one_spelling(text: str, email: str) -> None:
    assert normalise_email(text) == email


@pytest.mark.parametrize(
    "text",
    [
        "",
        "alice",
        "@example.com",
        "alice@",
        "alice@localhost",
        "a@b@example.com",
        "al ice@example.com",
        "alice@exam ple.com",
        "alice@.com",
        "<a@example.com>",
        "x" * 65 + "@example.com",
        "a@" + "x" * 300 + ".com",
        "a\0@example.com",
        "=?utf-8?q?bob=40example.org=2c?=@example.com",
        "alice@example.com\nBcc: x@example.com",
    ],
)
def test_text_that_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="bad_email"):
        normalise_email(text)


@given(st.emails())
def test_every_plain_address_is_accepted_and_folds_once(address: str) -> None:
    try:
        email = normalise_email(address)
    except InvalidInput:
        # Quotes and brackets are legal in a local part, and nobody's address.
        assert set(address) & set('"(),:;\\[]<>') or address.count("@") != 1
        return

    assert normalise_email(email) == email
    assert normalise_email(address.upper()) == normalise_email(address.lower())
