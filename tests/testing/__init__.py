# SPDX-License-Identifier: Apache-2.0
"""Tests of the kit: what it finds in a service that is not sound."""
