# SPDX-License-Identifier: Apache-2.0
"""The tests of dbmanage: they mirror its modules."""
