"""The base of billing's tables: which columns the types of their attributes make."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.db.database import enum_by_value


class Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: sa.DateTime(timezone=True),
        str: sa.Text,
        Decimal: sa.Numeric(20, 6),
        Enum: enum_by_value(Enum),
    }


class Noted:
    """Columns of a `shared.contracts.notes.Note`; empty in rows from before them."""

    note_code: Mapped[str] = mapped_column(default="")
    note_parameters: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)


class Acted:
    """Columns of a `shared.contracts.actors.Actor`; empty in rows from before them."""

    actor_kind: Mapped[str] = mapped_column(default="")
    actor_name: Mapped[str] = mapped_column(default="")
