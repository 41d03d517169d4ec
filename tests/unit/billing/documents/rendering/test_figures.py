"""Words of documents may change; their figures, codes and XML fields never do."""

import json
from pathlib import Path

import pytest

from tests.fixtures.billing.rendering import figures

KEPT = json.loads(Path(figures.__file__).with_suffix(".json").read_text())
"""As they were issued before notes had codes."""


@pytest.mark.parametrize("name", figures.SAMPLES)
def test_all_but_the_words_is_as_it_was(name: str) -> None:
    assert figures.figures_of(figures.SAMPLES[name]()) == KEPT[name]
