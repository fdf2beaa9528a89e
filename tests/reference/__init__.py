# SPDX-License-Identifier: Apache-2.0
"""Tests of the reference service: its revisions and its rows."""
