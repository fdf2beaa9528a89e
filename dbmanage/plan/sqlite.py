# SPDX-License-Identifier: Apache-2.0
"""What SQLite does for a change: the file is locked for the whole of a run.

https://www.sqlite.org/lang_altertable.html
"""

from __future__ import annotations

import sqlalchemy

from dbmanage.plan import alterations
from dbmanage.plan.cost import Cost

LOCKS = ('none', 'file')

_ROWS = Cost('file', False)
_AT_ONCE = Cost('file', False, False)
_REWRITE = Cost('file', True, True)
_COSTS = {
    'insert': _ROWS, 'update': _ROWS, 'delete': _ROWS,
    'create table': _AT_ONCE, 'drop table': _AT_ONCE, 'rename table': _AT_ONCE,
    'add column': _AT_ONCE, 'rename column': _AT_ONCE, 'drop index': _AT_ONCE,
    'create index': Cost('file', False, True),
    # The column is removed from each row.
    'drop column': _REWRITE,
    'rebuild': _REWRITE,
}


def of(action: alterations.Action, dialect: sqlalchemy.Dialect) -> Cost:
    """Return what a change costs."""
    return _COSTS.get(action.name, Cost('file'))
