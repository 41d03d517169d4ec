"""Make the folders of people's documents, where they are kept in $VAR.

Web writes what people send, and can't list, read or delete what identity makes of it.
Identity reads and deletes what web has written, as its folder's group.
"""

import os

from launcher.machine.accounts import account_of
from launcher.machine.files import make_folder
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
