"""Exporting and erasing what is kept of a person: docs/decisions/erasing.md."""

from uuid import UUID

from shared.contract import Effect, Method, Nothing, Request, Response
from shared.contracts.identity.name import NAME
from shared.permissions import Permission


class ExportAccount(Request, frozen=True, kw_only=True):
    pass


class ExportUser(Request, frozen=True, kw_only=True):
    email: str


class Export(Response, frozen=True, kw_only=True):
    """A ZIP of JSON files; ``content`` is base64."""

    user_id: UUID
    file_name: str
    content: str


class EraseAccount(Request, frozen=True, kw_only=True):
    """``email`` is the caller's, typed to confirm."""

    email: str


class EraseUser(Request, frozen=True, kw_only=True):
    email: str


class Erased(Response, frozen=True, kw_only=True):
    user_id: UUID


class EraseCompany(Request, frozen=True, kw_only=True):
    company_id: UUID


EXPORT_ACCOUNT = Method(
    NAME,
    "export_account",
    ExportAccount,
    Export,
    Permission.READ_ACCOUNT,
    Effect.ONCE,
    needs_proof=True,
)
"""All that identity keeps of the caller, but secrets. NotFound ``no_such_user``."""

EXPORT_USER = Method(
    NAME, "export_user", ExportUser, Export, Permission.OPERATE, Effect.ONCE
)
"""The same for a user. NotFound ``no_such_user``."""

ERASE_ACCOUNT = Method(
    NAME,
    "erase_account",
    EraseAccount,
    Nothing,
    Permission.READ_ACCOUNT,
    Effect.ONCE,
    needs_proof=True,
)
"""For ever: the person leaves their companies, and all that identity keeps of them is
deleted but what the law requires. Conflict ``owns_companies`` with ``companies``, their
names, while they are the only owner of an open one; InvalidInput ``email_differs``;
NotFound ``no_such_user``."""

ERASE_USER = Method(
    NAME, "erase_user", EraseUser, Erased, Permission.OPERATE, Effect.CHANGE
)
"""The same for a user. Conflict ``owns_companies`` with ``companies``;
NotFound ``no_such_user``."""

ERASE_COMPANY = Method(
    NAME, "erase_company", EraseCompany, Nothing, Permission.OPERATE, Effect.CHANGE
)
"""Members leave a closed company, and its details are deleted; documents keep theirs.
NotFound ``no_such_company``; Conflict ``company_open``."""

METHODS = (EXPORT_ACCOUNT, EXPORT_USER, ERASE_ACCOUNT, ERASE_USER, ERASE_COMPANY)
