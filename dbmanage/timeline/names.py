# SPDX-License-Identifier: Apache-2.0
"""A name that means no revision: why, and what is near to it."""

from __future__ import annotations

import difflib
import typing
from typing import Any

from alembic import util
from alembic.script import revision as graph

from dbmanage import errors

if typing.TYPE_CHECKING:
    from dbmanage import timeline

SYMBOLS = ('head', 'heads')


def unknown(
    revisions: timeline.Timeline, name: str, error: util.CommandError | None = None,
) -> errors.UsageError:
    """Return why a name means no revision, with what is near to it."""
    cause = error.__cause__ if error else None
    if isinstance(cause, graph.MultipleHeads):
        return errors.UsageError(f'there are several heads: {_named_heads(revisions)}; '
                                 'name one, or say heads for all of them')
    known = [*revisions.ids(), *sorted(revisions.labels()), *SYMBOLS]
    near = ([id_ for id_ in known if id_.startswith(name)]
            or difflib.get_close_matches(name, known, cutoff=0.3))[:3]
    hint = f' (did you mean {", ".join(near)}?)' if near else ''
    ambiguous = 'Multiple revisions' in str(cause)
    return errors.UsageError(
        f'revision {name} is ambiguous: {", ".join(near)} ...' if ambiguous else
        f"Can't locate revision {name!r}{hint}")


def _named_heads(revisions: timeline.Timeline) -> str:
    heads = (typing.cast(Any, revisions.directory.get_revision(id_)) for id_ in revisions.heads())
    return ', '.join(
        f'{head.revision} ({sorted(head.branch_labels)[0]}@head)' if head.branch_labels
        else head.revision for head in heads)
