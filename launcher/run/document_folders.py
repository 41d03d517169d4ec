"""Make the folders of people's documents and of their keys, where they are in $VAR.

Web writes what people send, and can't list, read or delete what identity makes of it.
Identity reads and deletes what web has written, as its folder's group.
"""

import os

from launcher.machine.accounts import account_of
from launcher.machine.files import make_folder
from services.identity.documents import month_keys
from shared.settings import Settings
from shared.storage.settings import FOLDER, VARIABLE

_WRITTEN_BY_WEB = 0o2770
"""What is made in there belongs to the folder's group."""


def prepare_document_folders(settings: Settings) -> None:
    if settings.environment.get(VARIABLE):
        return
    folder = make_folder(settings.var / FOLDER, 0o711)
    raw, remade = make_folder(folder / "raw"), make_folder(folder / "remade")
    if os.geteuid() != 0:
        return
    web, identity = account_of("web"), account_of("identity")
    os.chown(raw, web.uid, identity.gid, follow_symlinks=False)
    raw.chmod(_WRITTEN_BY_WEB)
    os.chown(remade, identity.uid, identity.gid, follow_symlinks=False)


def prepare_month_keys(settings: Settings) -> None:
    """Make the folder of the months' keys, which is identity's alone."""
    if not settings.environment.get(month_keys.VARIABLE):
        account_of("identity").own(make_folder(month_keys.folder_of(settings)))
