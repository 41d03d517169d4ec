"""Countries and time zones to choose from: all there are, in the reader's words."""

from collections.abc import Iterator

import pytest
from flask import Flask, g

from shared import places
from web.language.places import country_choices, time_zone_choices, time_zone_name


@pytest.fixture
def reader(pieces_app: Flask) -> Iterator[None]:
    with pieces_app.test_request_context():
        g.reader = ("en", "UTC")
        yield


@pytest.mark.usefixtures("reader")
def test_every_country_is_there_once_by_its_name() -> None:
    choices = country_choices()

    assert {code for code, _ in choices} == places.countries()
    assert len(choices) == len(places.countries())
    assert ("DE", "Germany") in choices
    names = [words for _, words in choices]
    assert names[:4] == ["Afghanistan", "Åland Islands", "Albania", "Algeria"]
    assert all(len(words) > 3 or words == "UK" for words in names)


@pytest.mark.usefixtures("reader")
def test_time_zones_are_named_by_country_and_place() -> None:
    choices = time_zone_choices()

    assert choices[0] == ("UTC", "UTC")
    assert ("Europe/Berlin", "Germany, Berlin") in choices
    assert ("Atlantic/Canary", "Spain, Canary") in choices
    assert ("Asia/Singapore", "Singapore") in choices
    assert {zone for zone, _ in choices} == {"UTC", *places.zone_countries()}
    assert len({words for _, words in choices}) == len(choices)


@pytest.mark.usefixtures("reader")
def test_a_company_keeps_an_old_name_of_its_zone_but_nobody_is_offered_it() -> None:
    assert time_zone_choices("US/Pacific")[0] == ("US/Pacific", "US/Pacific")
    assert "US/Pacific" not in dict(time_zone_choices())
    assert time_zone_choices("Europe/Berlin") == time_zone_choices()
    assert time_zone_choices("<b>") == time_zone_choices()
    assert time_zone_name("Etc/GMT+5") == "Etc/GMT+5"


@pytest.mark.parametrize(
    ("locale", "country", "zone"),
    [("de", "Deutschland", "Polen, Warschau"), ("pl", "Niemcy", "Polska, Warszawa")],
)
def test_they_are_in_the_readers_words(
    pieces_app: Flask, locale: str, country: str, zone: str
) -> None:
    with pieces_app.test_request_context():
        g.reader = (locale, "UTC")
        assert dict(country_choices())["DE"] == country
        assert time_zone_name("Europe/Warsaw") == zone
