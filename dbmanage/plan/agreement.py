# SPDX-License-Identifier: Apache-2.0
"""A plan that was written before: an upgrade does that, or nothing."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import typing
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from dbmanage import errors

if typing.TYPE_CHECKING:
    from dbmanage.timeline import files

_REMEDY = 'look at a new plan'


@dataclasses.dataclass(frozen=True)
class Agreement:
    """What a file of ``plan -f json`` says."""

    path: str
    service: str
    dialect: str
    target: str
    start: Sequence[str]
    end: Sequence[str]
    revisions: Mapping[str, str]

    def check_place(self, service: str, dialect: str) -> None:
        """Raise UsageError if it was made for something else."""
        for what, planned, found in (
            ('service', self.service, service), ('database', self.dialect, dialect),
        ):
            if planned != found:
                raise errors.UsageError(
                    f'{self.path} is a plan for the {what} {planned}, not for {found}')

    def check(self, heads: Sequence[str], pending: Sequence[files.Revision]) -> None:
        """Raise CheckFailed unless this is what would be done from here.

        A database that is where the plan leads to has nothing left to do.
        """
        if list(heads) not in (list(self.start), list(self.end)):
            raise self._other('begins at', self.start, 'the database is at', heads)
        expected = list(self.revisions) if list(heads) == list(self.start) else []
        found = [one.revision for one in pending]
        if found != expected:
            raise self._other('applies', expected, 'what would be applied is', found)
        changed = [one.revision for one in pending
                   if one.fingerprint != self.revisions[one.revision]]
        if changed:
            raise errors.CheckFailed(f'the code of revision {", ".join(changed)}, or Python, has '
                                     f'changed since {self.path} was made; {_REMEDY}')

    def _other(
        self, what: str, planned: Sequence[str], but: str, found: Sequence[str],
    ) -> errors.CheckFailed:
        return errors.CheckFailed(
            f'{self.path} {what} {", ".join(planned) or "no revision"}, but {but} '
            f'{", ".join(found) or "no revision"}; {_REMEDY}')


def read(path: str) -> Agreement:
    """Return the plan in a file; raise UsageError if there is none."""
    try:
        document: Any = json.loads(pathlib.Path(path).read_text(encoding='utf-8'))
    except OSError as e:
        raise errors.UsageError(f'cannot read {path}: {e.strerror or e}') from e
    except ValueError as e:
        raise errors.UsageError(f'{path} is no plan: {errors.describe(e)}') from e
    try:
        return Agreement(
            path, service=_text(document, 'service'), dialect=_text(document, 'dialect'),
            target=_text(document, 'target'), start=_texts(document, 'from'),
            end=_texts(document, 'to'), revisions={
                _text(one, 'revision'): _text(one, 'fingerprint')
                for one in _list(document, 'revisions')})
    except TypeError as e:
        raise errors.UsageError(f'{path} is no plan, plan -f json writes one: {e}') from e


def _text(document: Any, name: str) -> str:
    return str(_item(document, name, str))


def _list(document: Any, name: str) -> list[Any]:
    return list(_item(document, name, list))


def _texts(document: Any, name: str) -> list[str]:
    found = _list(document, name)
    if not all(isinstance(one, str) for one in found):
        raise TypeError(f'{name} is not a list of ids')
    return found


def _item(document: Any, name: str, kind: type) -> Any:
    if not isinstance(document, dict):
        raise TypeError(f'no {name} in it')
    if not isinstance(document.get(name), kind):
        raise TypeError(f'{name} is missing, or no {"text" if kind is str else "list"}')
    return document[name]
