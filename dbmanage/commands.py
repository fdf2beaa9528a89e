# SPDX-License-Identifier: Apache-2.0
"""The whole command line: a function is a command, its docstring the help."""

from __future__ import annotations

import typing
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

from dbmanage import errors
from dbmanage import output
from dbmanage import usage

if typing.TYPE_CHECKING:
    from dbmanage.context import Context

COMMANDS: dict[str, Callable[..., output.Answer]] = {}
_Argument = tuple[tuple[str, ...], dict[str, Any]]


def argument(*names: str, **options: Any) -> _Argument:
    """Return an argument as argparse takes it."""
    return names, options


def command(*arguments: _Argument) -> Callable[..., Callable[..., output.Answer]]:
    """Make a function a command with these arguments."""
    def register(function: Callable[..., output.Answer]) -> Callable[..., output.Answer]:
        function.arguments = arguments  # type: ignore[attr-defined]
        COMMANDS[function.__name__] = function
        return function
    return register


_SQL = argument('--sql', action='store_true', help=(
    'write the SQL to stdout and touch nothing; a range FROM:TO is allowed'))
_DIALECT = argument(
    '--dialect', choices=('postgresql', 'mysql', 'mariadb', 'sqlite'),
    help='with --sql: the database to write for; default: that of the connection')
_WAIT = argument('--wait', type=usage.seconds, metavar='SECONDS', help=(
    'how long to wait for another runner; 0 does not wait'))
_VERBOSE = argument('-v', '--verbose', action='store_true', help='say more of each revision')
_MESSAGE = argument('-m', '--message', metavar='MSG', default='', help='title of the revision')
_REV_ID = argument('--rev-id', metavar='ID', help='id of the revision; made up otherwise')
_BRANCH_LABEL = argument('--branch-label', metavar='L', action='append', default=[],
                         help='name of the branch that the revision begins; repeatable')
_DEPENDS_ON = argument('--depends-on', metavar='R', action='append', default=[],
                       help='revision that must be applied before; repeatable')
_VERSION_PATH = argument('--version-path', metavar='P', help='folder of the revision file')


@command(
    argument('revision', nargs='?', metavar='REV', help=(
        'head, heads, an id, +N, BRANCH@head; with --sql also FROM:TO and current:TO')),
    argument('--delta', type=int, metavar='N', help='apply the next N revisions'),
    _SQL, _DIALECT, argument('--split', metavar='DIR', help=(
        'with --sql: write a script for each revision into a new folder')),
    argument('--plan', metavar='FILE', help=(
        'do what plan -f json has written, or exit with 3; REV may be left out')), _WAIT)
def upgrade(context: Context, revision: str | None, delta: int | None,
            sql: bool, dialect: str | None, split: str | None, plan: str | None,
            wait: float | None) -> output.Answer:
    """Apply the revisions up to REV, or the next N."""
    if plan is not None:
        if sql or dialect or split or delta is not None:
            raise errors.UsageError('--plan goes with REV alone, or with nothing')
        agreed = context.plan.agreement(plan)
        return context.migrator.upgrade(revision or agreed.target, wait, agreed.check)
    target = usage.target(revision, delta, sql)
    if sql:
        return context.script.upgrade(target, dialect, split)
    usage.need('sql', dialect=dialect, split=split)
    return context.standing.at(target) or context.migrator.upgrade(target, wait)


@command(
    argument('target', nargs='?', default='head', metavar='TARGET', help=(
        'what upgrade would be given; head by default')),
    argument('--fail-on', action='append', default=[], choices=('destructive', 'rewrite', 'data'),
             help='exit with 3 if the plan has such an operation; repeatable'))
def plan(context: Context, target: str, fail_on: Sequence[str]) -> output.Answer:
    """Say what upgrade would do, what it locks and loses; change nothing."""
    return context.plan.plan(target, fail_on)


@command(_VERBOSE, argument('--check', action='store_true', help=(
    'exit with 3 unless the database is at head')))
def current(context: Context, verbose: bool, check: bool) -> output.Answer:
    """Show the revision that the database is at."""
    return context.standing.current(verbose, check)


@command(
    argument('span', nargs='?', metavar='FROM:TO', help='only these; either may be left out'),
    _VERBOSE, argument('-i', '--indicate-current', action='store_true', help=(
        'mark the revision that the database is at')))
def history(context: Context, span: str | None, verbose: bool,
            indicate_current: bool) -> output.Answer:
    """List the revisions, newest first."""
    current = context.standing.heads() if indicate_current else ()
    return context.listing.history(span, verbose, current)


@command(_VERBOSE)
def heads(context: Context, verbose: bool) -> output.Answer:
    """List the newest revision of each branch."""
    return context.listing.heads(verbose)


@command(_VERBOSE)
def branches(context: Context, verbose: bool) -> output.Answer:
    """List the revisions that more than one revision follows."""
    return context.listing.branches(verbose)


@command(argument('revision', metavar='REV', help='an id, head, heads, a branch'))
def show(context: Context, revision: str) -> output.Answer:
    """Show what is known of a revision."""
    return context.listing.show(revision)


@command(argument('--static', action='store_true', help=(
    'import no revision: only what can be read is checked, at once')))
def check_migration(context: Context, static: bool) -> output.Answer:
    """Check that the timeline is sound and has one head; exit with 3 if not."""
    return context.listing.check(static)


@command(
    argument('--timeline', action='store_true', help=(
        'compare what the revisions make of an empty database; none need be configured')),
    argument('--scratch', metavar='URL', help=(
        'with --timeline: that empty database, a SQLite file otherwise; it is emptied again')),
    argument('--ignore', metavar='FILE', help='leave the differences out that are in FILE'),
    argument('--write-ignore', metavar='FILE', help='write all of them to FILE; exit with 0'))
def check(context: Context, timeline: bool, scratch: str | None, ignore: str | None,
          write_ignore: str | None) -> output.Answer:
    """List how the database and the models differ; exit with 3 if they do."""
    if not timeline:
        usage.need('timeline', scratch=scratch)
        return context.autogen.check(ignore, write_ignore)
    with context.scratch(scratch) as empty:
        return empty.autogen.check_after(
            lambda: empty.migrator.upgrade('heads'), ignore, write_ignore)


@command(
    _MESSAGE,
    argument('--autogenerate', action='store_true', help=(
        'fill it with what the models have and the database lacks')),
    _REV_ID,
    argument('--head', metavar='H', default='head', help='revision or BRANCH@head to follow'),
    _BRANCH_LABEL, _DEPENDS_ON, _VERSION_PATH)
def revision(context: Context, autogenerate: bool, head: str, **draft: Any) -> output.Answer:
    """Write a new revision file and print its path."""
    plan = context.draft(heads=[head], **draft)
    return context.autogen.revision(plan) if autogenerate else context.timeline.write(plan)


@command(
    argument('revisions', nargs='+', metavar='REV', help='the heads to merge, or heads'),
    _MESSAGE, _REV_ID, _BRANCH_LABEL, _DEPENDS_ON, _VERSION_PATH)
def merge(context: Context, revisions: Sequence[str], message: str,
          **draft: Any) -> output.Answer:
    """Write a revision file that joins several heads into one."""
    return context.timeline.merge(context.draft(
        heads=revisions, message=message or f'merge {" and ".join(revisions)}', **draft))


@command(
    argument('revision', metavar='REV', help='an id in full, head, heads, base or a branch'),
    _SQL, _DIALECT, argument('--purge', action='store_true', help=(
        'forget what is recorded first; for a revision that is not in this code')), _WAIT)
def stamp(context: Context, revision: str, sql: bool, dialect: str | None, purge: bool,
          wait: float | None) -> output.Answer:
    """Record REV as the current revision and apply nothing."""
    if sql and purge:
        raise errors.UsageError('--purge needs the database; it does not go with --sql')
    if sql:
        return context.script.stamp(revision, dialect)
    usage.need('sql', dialect=dialect)
    return context.migrator.stamp(revision, purge, wait)


@command(argument('names', nargs='*', metavar='NAME', help='set of rows; default: all'), _WAIT)
def populate(context: Context, names: Sequence[str], wait: float | None) -> output.Answer:
    """Write the rows that the service needs before its first start."""
    return context.migrator.populate(names, wait)


@command(_WAIT)
def populate_actions(context: Context, wait: float | None) -> output.Answer:
    """Write the standard actions; the same as populate actions."""
    return context.migrator.populate(['actions'], wait)


@command(argument('--check', action='store_true', help=(
    'exit with 3 unless it is at head and populated; with 6 or 7 where those are true')))
def status(context: Context, check: bool) -> output.Answer:
    """Say where the database stands and who works on it; change nothing."""
    return context.status.status(check)


@command(
    argument('--for', dest='targets', action='append', default=[], metavar='REV', help=(
        'an id in full, a branch, or head, the default; base: until it can be reached')),
    argument('--timeout', type=usage.seconds, default=300.0, metavar='SECONDS', help=(
        'how long; 300 by default, 0 looks once')),
    argument('--poll', type=usage.seconds, default=1.0, metavar='SECONDS', help=(
        'how long between two looks; 1 by default')))
def wait(context: Context, targets: list[str], timeout: float, poll: float) -> output.Answer:
    """Wait until the database is there and at head; exit with 3 if it never is."""
    return context.awaiting(usage.one('for', targets, 'head')).wait(timeout, poll)


@command(
    argument('--resume', action='store_true', help=(
        'go on with it, though its file has changed since')),
    argument('--mark-done', metavar='REV:N', help='statement N was done: skip it'),
    argument('--redo', metavar='REV:N', help='run statement N and what follows again'),
    argument('--mark-applied', metavar='REV', help='all of it is done: record it'),
    argument('--forget', metavar='REV', help='nothing of it is left: begin anew'), _WAIT)
def repair(context: Context, **choices: Any) -> output.Answer:
    """Show where a partly applied revision stands, or say what is true of it."""
    return context.repair.repair(**choices)


@command(argument('--yes', action='store_true', help='release it'))
def unlock(context: Context, yes: bool) -> output.Answer:
    """Show who holds the lock; release the lease of a Galera cluster."""
    return context.repair.unlock(yes)


@command(
    argument('revisions', nargs='*', metavar='REV', help='ignored'),
    argument('--delta', metavar='N', help='ignored'),
    argument('--sql', action='store_true', help='ignored'))
def downgrade(context: Context, **ignored: Any) -> output.Answer:
    """Refuse: there is no downgrade."""
    raise errors.UsageError(errors.NO_DOWNGRADE)
