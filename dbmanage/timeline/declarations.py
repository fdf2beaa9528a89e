# SPDX-License-Identifier: Apache-2.0
"""What a revision file declares where that takes parsing or running it."""

import ast
from typing import Any

from dbmanage import errors
from dbmanage.timeline import files


def read(path: str, data: bytes) -> files.File:
    """Return what a file declares; run it only if that takes running it.

    Raises Failed for a file that cannot be parsed or declares no revision.
    """
    try:
        tree = ast.parse(data, path)
    except (SyntaxError, ValueError) as e:
        raise errors.Failed(f'{path}: {errors.describe(e)}') from e
    try:
        declared: dict[str, Any] = _literals(tree)
    except ValueError:
        module = files.load(path)
        declared = {name: value for name, value in vars(module).items() if name in files.NAMES}
    if not isinstance(declared.get('revision'), str):
        raise errors.Failed(f'{path}: it declares no revision')
    if 'down_revision' not in declared:
        raise errors.Failed(f'{path}: it declares no down_revision')
    names = {name: files.as_tuple(value) for name, value in declared.items() if name != 'revision'}
    return files.File(path, declared['revision'], **names, defines_upgrade=_defines_upgrade(tree),
                      doc=(ast.get_docstring(tree) or '').strip())


def _literals(tree: ast.Module) -> dict[str, Any]:
    """Return the declarations; raise ValueError if one is not in plain sight."""
    declared = {}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else (
            [node.target] if isinstance(node, ast.AnnAssign) else [])
        for target in targets:
            if isinstance(target, ast.Name) and target.id in files.NAMES:
                declared[target.id] = ast.literal_eval(node.value)  # type: ignore[attr-defined]
    if not {'revision', 'down_revision'} <= declared.keys():
        raise ValueError
    return declared


def _defines_upgrade(tree: ast.Module) -> bool:
    names = {getattr(node, 'name', None) for node in tree.body}
    names |= {target.id for node in tree.body if isinstance(node, ast.Assign)
              for target in node.targets if isinstance(target, ast.Name)}
    names |= {alias.asname or alias.name for node in tree.body
              if isinstance(node, ast.ImportFrom) for alias in node.names}
    return 'upgrade' in names
