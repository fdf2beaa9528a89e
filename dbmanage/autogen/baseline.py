# SPDX-License-Identifier: Apache-2.0
"""A file of differences that are known, and not to be told again."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Sequence

from dbmanage import errors
from dbmanage.autogen import differences

_FIELDS = [field.name for field in dataclasses.fields(differences.Difference)]


def read(path: str) -> list[differences.Difference]:
    """Return the differences that a file holds; UsageError if it is none."""
    try:
        known = json.loads(pathlib.Path(path).read_text('utf-8'))['differences']
        return [differences.Difference(**{name: one[name] for name in _FIELDS}) for one in known]
    except OSError as e:
        raise errors.UsageError(f'cannot read {path}: {e.strerror}') from e
    except (ValueError, TypeError, KeyError) as e:
        raise errors.UsageError(
            f'{path} was not written by check --write-ignore: {errors.describe(e)}') from e


def write(path: str, found: Sequence[differences.Difference]) -> None:
    """Write differences, one field on a line, in an order that stays."""
    document = {'differences': [dataclasses.asdict(one) for one in found]}
    try:
        pathlib.Path(path).write_text(
            json.dumps(document, indent=2, ensure_ascii=False) + '\n', 'utf-8')
    except OSError as e:
        raise errors.UsageError(f'cannot write {path}: {e.strerror}') from e


def check_writable(path: str) -> None:
    """Raise UsageError if there is no folder for such a file."""
    try:
        pathlib.Path(path).parent.stat()
    except OSError as e:
        raise errors.UsageError(f'cannot write {path}: {e.strerror}') from e
