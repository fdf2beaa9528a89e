# SPDX-License-Identifier: Apache-2.0
"""A lock that is held."""

import sqlalchemy


class Held:
    """A lock that cannot be lost while its connection lives."""

    def check(self) -> None:
        """Raise Busy if the lock was lost; called before each statement."""

    def verify(self) -> None:
        """Raise Busy if the lock was lost, by asking; after a refusal."""
        self.check()

    def fence(self, connection: sqlalchemy.Connection) -> None:
        """Let a transaction fail if the lock was lost; before its commit."""
