# SPDX-License-Identifier: Apache-2.0
"""The JSON Schema of the documents, held against whatever the tests see."""

import functools
import json
import pathlib
from collections.abc import Sequence
from typing import Any

import jsonschema

from dbmanage import commands

_PATH = pathlib.Path(__file__).resolve().parent.parent / 'doc' / 'json.schema.json'


@functools.cache
def schema() -> dict[str, Any]:
    """Return the schema as it is published."""
    loaded: dict[str, Any] = json.loads(_PATH.read_text())
    return loaded


def check(argv: Sequence[str], out: str) -> None:
    """Raise ValidationError for a document of a command that is not described.

    No key may be missing, and there is none that the schema does not name.
    """
    words = [word for word in argv if word in commands.COMMANDS]
    if words and out.startswith('{\n'):
        document = json.loads(out)
        _validator('error' if 'error' in document else words[0]).validate(document)


@functools.cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    closed = _closed(schema())
    return jsonschema.Draft202012Validator({**closed, '$ref': f'#/$defs/{name}'})


def _closed(node: Any) -> Any:
    """Return a schema whose objects have the keys that it names, and no more."""
    if isinstance(node, list):
        return [_closed(one) for one in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(value) for key, value in node.items()}
    if isinstance(node.get('properties'), dict):
        closed['additionalProperties'] = False
    return closed
