# SPDX-License-Identifier: Apache-2.0
"""The version table, and the tables beside it that are the runner's own."""

from __future__ import annotations

import dataclasses
import hashlib

from dbmanage import service as services


@dataclasses.dataclass(frozen=True)
class Tables:
    """The names of the tables, and their schema."""

    version: str
    schema: str | None

    @classmethod
    def of(cls, service: services.Service) -> Tables:
        """Return the tables of a service."""
        return cls(service.configure.get('version_table') or 'alembic_version',
                   service.configure.get('version_table_schema'))

    @property
    def journal(self) -> str:
        """The statements of an unfinished revision, on MariaDB and MySQL."""
        return f'{self.version}_journal'

    @property
    def lease(self) -> str:
        """The lock of a Galera cluster."""
        return f'{self.version}_lease'

    @property
    def lock_number(self) -> int:
        """The key of PostgreSQL's advisory lock; it is one of the database."""
        digest = hashlib.sha256(f'{self.schema or ""}.{self.version}'.encode()).digest()
        return int.from_bytes(digest[:8], 'big', signed=True)

    @property
    def lock_name(self) -> str:
        """The SQL of the name of MySQL's lock; it is one of the server.

        https://mariadb.com/kb/en/get_lock/: a name has 64 characters at most.
        """
        place = f'.{self.schema or ""}.{self.version}'.replace("'", "''")
        return f"concat('dbmanage.', left(sha2(concat(database(), '{place}'), 256), 32))"

    @property
    def own(self) -> tuple[str, ...]:
        """The tables that no comparison of the schema is about."""
        return self.journal, self.lease
