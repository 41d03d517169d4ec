"""The base of identity's tables: which columns the types of their attributes make."""

from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

from shared.db.database import enum_by_value


class Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: sa.DateTime(timezone=True),
        str: sa.Text,
        bytes: sa.LargeBinary,
        dict[str, str]: JSONB,
        Enum: enum_by_value(Enum),
    }
