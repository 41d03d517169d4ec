"""The font of the pages: small, and with what English and German need."""

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from launcher.run.assets import ensure_assets
from launcher.run.font import CHARACTERS, WEIGHTS
from launcher.servers.supervision import ROOT
from web.site.assets import BUILT, asset_url

AT_MOST_BYTES = 36_000


@pytest.fixture(scope="module")
def font() -> Path:
    ensure_assets(ROOT)
    return BUILT / Path(asset_url("inter.woff2")).name


def test_it_is_small(font: Path) -> None:
    assert font.stat().st_size <= AT_MOST_BYTES


def test_it_has_the_signs_weights_and_figures_that_are_used(font: Path) -> None:
    read = TTFont(font)
    features = {it.FeatureTag for it in read["GSUB"].table.FeatureList.FeatureRecord}
    (axis,) = read["fvar"].axes

    assert set(filter(str.isprintable, CHARACTERS)) <= set(map(chr, read.getBestCmap()))
    assert "tnum" in features
    assert (axis.axisTag, axis.minValue, axis.maxValue) == ("wght", *WEIGHTS)


def test_it_has_every_character_of_every_sentence() -> None:
    sentences = set((ROOT / "shared/language/translations/client-area.pot").read_text())

    assert sentences - set(CHARACTERS) == {"\n"}


def test_its_licence_is_beside_it() -> None:
    licence = BUILT / Path(asset_url("inter-LICENSE.txt")).name

    assert "SIL OPEN FONT LICENSE" in licence.read_text()
