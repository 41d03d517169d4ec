"""Models for the tests of the guard between companies."""

from uuid import UUID, uuid4

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from shared.db.database import CompanyOwned

OURS = UUID(int=1)
THEIRS = UUID(int=2)


class Base(DeclarativeBase):
    pass


class Book(CompanyOwned, Base):
    __tablename__ = "books"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    title: Mapped[str]
    pages: Mapped[list["Page"]] = relationship(back_populates="book")


class Page(CompanyOwned, Base):
    __tablename__ = "pages"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[int]
    book_id: Mapped[UUID] = mapped_column(ForeignKey(Book.id))
    book: Mapped[Book] = relationship(back_populates="pages")


class Shop(Base):
    """Belongs to nobody; everybody may see it."""

    __tablename__ = "shops"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    best_seller_id: Mapped[UUID] = mapped_column(ForeignKey(Book.id))
    best_seller: Mapped[Book] = relationship()
