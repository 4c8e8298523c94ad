"""`SqlStore`: payloads as rows of a table of a SQL database, by way of SQLAlchemy."""

import importlib
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from ostinato.errors import UsageError
from ostinato.storage.extras import missing_extra
from ostinato.storage.garbage import Entry

TABLE = "ostinato_payloads"

_KEY_CHARACTERS = 200


class SqlStore:
    """Payloads as rows of a table, in a database that SQLAlchemy knows.

    Needs `pip install 'ostinato[sql]'` and a driver. The tests run it on PostgreSQL. A payload is read and written as a
    whole: those of many megabytes are better kept elsewhere. For a SQLite file there is `SqliteStore`.

    Args:
        url: SQLAlchemy's, with a driver that is installed: `postgresql+psycopg://USER:PASSWORD@HOST/DATABASE`. User,
            password and driver are not written into histories.
        table: the table's name; it is made if it is not there.
        options: what `sqlalchemy.create_engine` takes beside it.

    Raises:
        UsageError: it is no such URL, or SQLAlchemy or the driver is not installed.
    """

    def __init__(self, url: str, *, table: str = TABLE, **options: Any) -> None:
        try:
            sqlalchemy: Any = importlib.import_module("sqlalchemy")  # an extra
            mysql: Any = importlib.import_module("sqlalchemy.dialects.mysql")
        except ImportError:
            raise missing_extra("SqlStore", "sqlalchemy", "sql") from None
        try:
            made = sqlalchemy.make_url(url)
            self._engine = sqlalchemy.create_engine(made, **{"pool_pre_ping": True, **options})
        except (ImportError, sqlalchemy.exc.NoSuchModuleError) as error:
            raise UsageError(
                where="SqlStore", found=f"the driver is not installed: {error}", hint="Install it, or name another one"
            ) from None
        except sqlalchemy.exc.ArgumentError:
            raise UsageError(
                found="the URL of a SQL store", expected="one of SQLAlchemy's: postgresql+psycopg://HOST/DATABASE"
            ) from None
        place = sqlalchemy.URL.create(made.get_backend_name(), host=made.host, port=made.port, database=made.database)
        self.name = quote(f"{place.render_as_string()}/{table}", safe=":/[],%")
        self._library = sqlalchemy
        data = sqlalchemy.LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
        self._table = sqlalchemy.Table(
            table,
            sqlalchemy.MetaData(),
            sqlalchemy.Column("key", sqlalchemy.String(_KEY_CHARACTERS), primary_key=True),
            sqlalchemy.Column("data", data, nullable=False),
            sqlalchemy.Column("changed", sqlalchemy.Double(), nullable=False),
        )
        self._making = threading.Lock()
        self._is_made = False

    def put(self, key: str, data: bytes, /) -> None:
        """Keep the bytes; they are committed when this returns.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database did not take them.
        """
        self._make()
        row = {"data": data, "changed": time.time()}
        there = self._table.update().where(self._table.c.key == key).values(row)
        try:
            with self._engine.begin() as connection:
                if not connection.execute(there).rowcount:
                    connection.execute(self._table.insert().values(key=key, **row))
        except self._library.exc.IntegrityError:
            # Somebody else has put it there meanwhile.
            with self._engine.begin() as connection:
                connection.execute(there)

    def get(self, key: str, /) -> bytes:
        """The bytes.

        Raises:
            KeyError: there are none under this key.
            sqlalchemy.exc.SQLAlchemyError: the database did not give them.
        """
        self._make()
        wanted = self._library.select(self._table.c.data).where(self._table.c.key == key)
        with self._engine.connect() as connection:
            data = connection.execute(wanted).scalar_one_or_none()
        if data is None:
            raise KeyError(key)
        return bytes(data)

    def entries(self) -> Iterator[Entry]:
        """All that it keeps."""
        self._make()
        columns = self._table.c
        size = self._library.func.length(columns.data)
        with self._engine.connect() as connection:
            rows = connection.execute(self._library.select(columns.key, size, columns.changed)).all()
        for key, length, changed in rows:
            yield Entry(key=key, size=length, changed=changed)

    def delete(self, key: str, /) -> None:
        """Keep it no more. A key that is not there is none to delete."""
        self._make()
        with self._engine.begin() as connection:
            connection.execute(self._table.delete().where(self._table.c.key == key))

    def close(self) -> None:
        """Close what is open."""
        self._engine.dispose()

    def _make(self) -> None:
        """Make the table, unless it is there."""
        with self._making:
            if self._is_made:
                return
            try:
                self._table.metadata.create_all(self._engine)
            except self._library.exc.DBAPIError:
                # Somebody else may have made it meanwhile.
                if not self._library.inspect(self._engine).has_table(self._table.name):
                    raise
            self._is_made = True
