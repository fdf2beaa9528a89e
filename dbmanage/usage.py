# SPDX-License-Identifier: Apache-2.0
"""What argparse does not check of a command line."""

from dbmanage import errors


def seconds(text: str) -> float:
    """Return a number of seconds; raise ValueError for what is none."""
    found = float(text)
    if not 0 <= found < float('inf'):
        raise ValueError(text)
    return found


def need(what: str, **options: str | None) -> None:
    """Raise UsageError for an option that goes with another."""
    for name, value in options.items():
        if value is not None:
            raise errors.UsageError(f'--{name} goes with --{what}')


def one(what: str, values: list[str], default: str) -> str:
    """Return what an option was given; raise UsageError where it was given twice."""
    if len(values) > 1:
        raise errors.UsageError(f'--{what} may be given once, not {" and ".join(values)}')
    return values[0] if values else default


def target(revision: str | None, delta: int | None, sql: bool) -> str:
    """Return what upgrade is to go to; raise UsageError for what is no target."""
    if (revision is None) == (delta is None):
        raise errors.UsageError('upgrade takes a revision or --delta N' + (
            ', not both' if delta is not None else ': head, heads, an id, +N'))
    if delta is not None and delta < 1:
        raise errors.UsageError(f'--delta {delta}: {errors.NO_DOWNGRADE}' if delta else
                                '--delta 0 asks for nothing; N is 1 or more')
    if revision is not None and ':' in revision and not sql:
        raise errors.UsageError(f'{revision}: a range FROM:TO goes with --sql alone')
    return f'+{delta}' if revision is None else revision
