"""Take back the factors that somebody else may have added to an account."""

from datetime import datetime

from sqlalchemy import delete

from services.identity.factors import passkeys, totp, two_factor
from services.identity.models.factors import RecoveryCode
from services.identity.models.people import User
from shared.rpc.change import Change


def revoke_since(change: Change, user: User, since: datetime) -> None:
    """Remove the factors that were added at that time or later.

    The user must be locked. A factor that was removed since can't come back.
    """
    passkeys.forget_since(change.db, user.id, since)
    app = totp.find_app(change.db, user.id)
    if app is not None and app.created_at >= since:
        totp.forget_app(change.db, user.id)
    change.db.execute(
        delete(RecoveryCode).where(
            RecoveryCode.user_id == user.id, RecoveryCode.created_at >= since
        )
    )
    two_factor.settle(change, user)
