# SPDX-License-Identifier: Apache-2.0
"""Tests of the scripts, in the clients of the databases."""
