# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, each with the exit code its caller reacts to."""

EXIT_CODES = (
    (0, 'done, or nothing to do', 'go on'),
    (1, 'failed: a revision raised, the database refused a statement, or a bug', 'look at it'),
    (2, 'the command line or the configuration is wrong; nothing was touched', 'fix the call'),
    (3, 'a check ran, and its answer is no', 'branch'),
    (4, 'the database cannot be reached; nothing was changed', 'try again later'),
    (5, 'busy: another runner, or a table lock; nothing is half-done', 'try again later'),
    (6, 'partly applied: a revision stopped half-way', 'run it again'),
    (7, 'the database is at a revision that this code does not have', 'deploy the right code'),
)

NO_DOWNGRADE = ('there is no downgrade; restore a backup taken before the upgrade, '
                'or write a new revision that undoes the change')


def describe(error: BaseException) -> str:
    """Return what was raised, and what it says of itself, if anything."""
    return f'{type(error).__name__}: {error}'.removesuffix(': ')


class Error(Exception):
    """An end that was foreseen: one line for people, a code for programs."""

    code = 1
    name = 'failed'

    def __init__(self, message: str, raised: BaseException | None = None) -> None:
        """Keep what a revision's own code raised: its traceback is shown."""
        super().__init__(message)
        self.raised = raised


class Failed(Error):
    """The database refused a statement, or a revision cannot be used."""


class UsageError(Error):
    """The command line or the configuration is wrong."""

    code = 2
    name = 'usage'


class CheckFailed(Error):
    """The answer to what was asked is no, and nothing was done."""

    code = 3
    name = 'no'


class DatabaseUnreachable(Error):
    """The database cannot be reached, or does not let us in."""

    code = 4
    name = 'unreachable'


class Busy(Error):
    """Somebody else holds what is needed, for longer than allowed."""

    code = 5
    name = 'busy'


class Blocked(Busy):
    """A table lock or a deadlock; the same may succeed a little later."""


class PartlyApplied(Error):
    """A revision stopped half-way where DDL cannot be rolled back."""

    code = 6
    name = 'partly_applied'


class RevisionNotInCode(Error):
    """The database is at a revision that this code does not have."""

    code = 7
    name = 'unknown_revision'
