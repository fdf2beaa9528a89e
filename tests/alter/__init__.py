# SPDX-License-Identifier: Apache-2.0
"""Tests of what SQLite lacks of ALTER TABLE."""
