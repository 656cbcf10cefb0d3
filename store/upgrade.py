"""What `parley migrate` does: brings the schema up while no gateway works on the store."""

from sqlalchemy import Engine

from .engine import StoreInUse, WriterLock, open_engine
from .place import Place
from .presence import others
from .schema import migrate


def upgrade(place: Place) -> tuple[str, str]:
    """Return the schema's revision before ("" where there was none) and now. Raises StoreInUse, DBAPIError."""
    lock = WriterLock(place.database) if place.database is not None else None
    engine = open_engine(place)
    try:
        if lock is None:
            _require_nobody(engine, str(place))
        return migrate(engine)
    finally:
        engine.dispose()
        if lock is not None:
            lock.release()


def _require_nobody(engine: Engine, name: str) -> None:
    with engine.connect() as connection:
        if others(connection):
            raise StoreInUse(name)
