from pathlib import Path

import pytest

from shared.settings import SettingError, read_settings
from shared.storage.settings import VARIABLE, read_storage


@pytest.mark.parametrize(
    ("url", "below"),
    [("", "identity-documents"), ("file://{}/own%20place", "own place")],
)
def test_documents_are_in_a_folder(tmp_path: Path, url: str, below: str) -> None:
    settings = read_settings({"VAR": str(tmp_path), VARIABLE: url.format(tmp_path)})

    read_storage(settings).write("raw/one", [b"x"])

    assert (tmp_path / below / "raw" / "one").exists()


@pytest.mark.parametrize(
    "url",
    [
        "folder",
        "file://host/folder",
        "ftp://key:secret@host/bucket",
        "https://host/bucket",
        "https://key@host/bucket",
        "https://key:secret@host/",
        "https://key:secret@host/bucket/below",
    ],
)
def test_another_address_is_refused_without_its_secret(url: str) -> None:
    with pytest.raises(SettingError) as refusal:
        read_storage(read_settings({VARIABLE: url}))

    assert "secret" not in str(refusal.value)
