# SPDX-License-Identifier: Apache-2.0
"""Tests of the timeline that no command can make."""
