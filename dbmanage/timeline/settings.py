# SPDX-License-Identifier: Apache-2.0
"""Alembic's Config, which revisions look things up on."""

import argparse
import sys
from collections.abc import Mapping
from typing import Any

from alembic import config

from dbmanage import errors
from dbmanage import service as services


def of(configure: Mapping[str, Any], attributes: Mapping[str, Any]) -> config.Config:
    """Return the Config for env.py; it has a service's ``attributes``.

    Revisions find them on the Config itself, and in its ``attributes``.
    """
    found = config.Config(
        stdout=sys.stderr, cmd_opts=argparse.Namespace(x=[]), attributes={'configure': configure})
    for name, value in attributes.items():
        if name in found.attributes or hasattr(found, name):
            raise errors.UsageError(f"attributes: {name} is a name of Alembic's Config")
        found.attributes[name] = services.resolved(value)
        setattr(found, name, found.attributes[name])
    return found
