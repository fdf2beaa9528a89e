# SPDX-License-Identifier: Apache-2.0
"""The tables of the reference service, as they are at head."""

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import mysql

# TEXT of MySQL and MariaDB ends after 64 KiB.
LONG_TEXT = sa.Text().with_variant(mysql.LONGTEXT(), 'mysql', 'mariadb')


class Base(orm.DeclarativeBase):
    """What all tables have in common: how their constraints are named."""

    metadata = sa.MetaData(naming_convention={
        'pk': 'pk_%(table_name)s',
        'fk': 'fk_%(table_name)s_%(column_0_N_name)s',
        'uq': 'uq_%(table_name)s_%(column_0_N_name)s',
        'ix': 'ix_%(table_name)s_%(column_0_N_name)s',
        'ck': 'ck_%(table_name)s_%(constraint_name)s',
    })


class Times:
    """When a row was written."""

    created_at = orm.mapped_column(sa.DateTime())
    updated_at = orm.mapped_column(sa.DateTime())


class Definition(Times):
    """A text that is unique by name within its namespace and owner.

    Rows of the system belong to no project, and stand beside a user's
    row of the same name.
    """

    id = orm.mapped_column(sa.String(36), primary_key=True)
    name = orm.mapped_column(sa.String(255), nullable=False)
    project_id = orm.mapped_column(sa.String(80), nullable=False)
    scope = orm.mapped_column(sa.String(80))
    definition = orm.mapped_column(LONG_TEXT, nullable=False)
    spec = orm.mapped_column(sa.JSON())
    namespace = orm.mapped_column(sa.String(255), nullable=False, server_default='default')
    # '0' is what false is on each database, and read back as such.
    is_system = orm.mapped_column(sa.Boolean(), nullable=False, server_default='0')
    checksum = orm.mapped_column(sa.String(64), nullable=False)


class Workbook(Times, Base):
    """A file of a user with workflows and actions."""

    __tablename__ = 'workbooks'
    __table_args__ = (sa.UniqueConstraint('name', 'project_id'),)

    id = orm.mapped_column(sa.String(36), primary_key=True)
    name = orm.mapped_column(sa.String(255), nullable=False)
    project_id = orm.mapped_column(sa.String(80), nullable=False)
    scope = orm.mapped_column(sa.String(80), nullable=False)
    definition = orm.mapped_column(LONG_TEXT, nullable=False)
    tags = orm.mapped_column(sa.JSON())


class WorkflowDefinition(Definition, Base):
    """A workflow that can be started."""

    __tablename__ = 'workflow_definitions'
    __table_args__ = (
        sa.UniqueConstraint('name', 'namespace', 'project_id', 'is_system'),)


class ActionDefinition(Definition, Base):
    """An action that a task can call."""

    __tablename__ = 'action_definitions'
    __table_args__ = (
        sa.UniqueConstraint('name', 'namespace', 'project_id', 'is_system'),)


class WorkflowExecution(Times, Base):
    """A workflow that was started."""

    __tablename__ = 'workflow_executions'

    id = orm.mapped_column(sa.String(36), primary_key=True)
    workflow_id = orm.mapped_column(sa.String(36), sa.ForeignKey(
        'workflow_definitions.id', ondelete='SET NULL'))
    root_execution_id = orm.mapped_column(sa.String(36), sa.ForeignKey(
        'workflow_executions.id', ondelete='SET NULL'))
    workflow_name = orm.mapped_column(sa.String(255), nullable=False)
    project_id = orm.mapped_column(sa.String(80), nullable=False)
    state = orm.mapped_column(sa.String(20), nullable=False, index=True)
    state_info = orm.mapped_column(LONG_TEXT)
    input = orm.mapped_column(sa.JSON())
    output = orm.mapped_column(sa.JSON())


class TaskExecution(Times, Base):
    """A task of a workflow that was started."""

    __tablename__ = 'task_executions'
    __table_args__ = (sa.Index(None, 'workflow_execution_id', 'state'),)

    id = orm.mapped_column(sa.String(36), primary_key=True)
    workflow_execution_id = orm.mapped_column(sa.String(36), sa.ForeignKey(
        'workflow_executions.id', ondelete='CASCADE'), nullable=False)
    name = orm.mapped_column(sa.String(255), nullable=False)
    state = orm.mapped_column(sa.String(20), nullable=False)
    state_info = orm.mapped_column(LONG_TEXT)
    published = orm.mapped_column(sa.JSON())
    processed = orm.mapped_column(sa.Boolean(), nullable=False)


class CronTrigger(Times, Base):
    """A workflow that is started by the clock."""

    __tablename__ = 'cron_triggers'
    __table_args__ = (sa.UniqueConstraint('name', 'project_id'),)

    id = orm.mapped_column(sa.String(36), primary_key=True)
    name = orm.mapped_column(sa.String(255), nullable=False)
    project_id = orm.mapped_column(sa.String(80), nullable=False)
    pattern = orm.mapped_column(sa.String(100))
    workflow_name = orm.mapped_column(sa.String(255), nullable=False)
    workflow_id = orm.mapped_column(sa.String(36), sa.ForeignKey(
        'workflow_definitions.id', ondelete='SET NULL'), index=True)
    workflow_input = orm.mapped_column(sa.JSON())
    next_execution_time = orm.mapped_column(sa.DateTime(), nullable=False)
    remaining_executions = orm.mapped_column(sa.Integer())


class Cluster(Times, Base):
    """Node groups that run a plugin's software together."""

    __tablename__ = 'clusters'
    __table_args__ = (sa.UniqueConstraint('name', 'project_id'),)

    id = orm.mapped_column(sa.String(36), primary_key=True)
    name = orm.mapped_column(sa.String(80), nullable=False)
    project_id = orm.mapped_column(sa.String(36), nullable=False)
    description = orm.mapped_column(sa.Text())
    status = orm.mapped_column(sa.String(80), nullable=False)
    is_public = orm.mapped_column(sa.Boolean(), nullable=False, server_default='0')
    is_protected = orm.mapped_column(sa.Boolean(), nullable=False, server_default='0')
    plugin_name = orm.mapped_column(sa.String(80), nullable=False)
    plugin_version = orm.mapped_column(sa.String(80), nullable=False)


class NodeGroup(Times, Base):
    """Instances of a cluster that do the same work."""

    __tablename__ = 'node_groups'
    __table_args__ = (
        sa.UniqueConstraint('cluster_id', 'name'),
        sa.CheckConstraint('size >= 0', name='size'),
    )

    id = orm.mapped_column(sa.String(36), primary_key=True)
    cluster_id = orm.mapped_column(sa.String(36), sa.ForeignKey(
        'clusters.id', ondelete='CASCADE'), nullable=False)
    name = orm.mapped_column(sa.String(80), nullable=False)
    flavor_id = orm.mapped_column(sa.String(36))
    processes = orm.mapped_column(sa.JSON())
    size = orm.mapped_column(sa.Integer(), nullable=False)


class Instance(Times, Base):
    """A machine of a node group."""

    __tablename__ = 'instances'

    id = orm.mapped_column(sa.String(36), primary_key=True)
    node_group_id = orm.mapped_column(sa.String(36), sa.ForeignKey(
        'node_groups.id', ondelete='CASCADE'), nullable=False)
    name = orm.mapped_column(sa.String(80), nullable=False, unique=True)
    internal_ip = orm.mapped_column(sa.String(45))
    management_ip = orm.mapped_column(sa.String(45))


class ClusterVerification(Times, Base):
    """One look at the health of a cluster."""

    __tablename__ = 'cluster_verifications'

    id = orm.mapped_column(sa.String(36), primary_key=True)
    cluster_id = orm.mapped_column(sa.String(36), sa.ForeignKey(
        'clusters.id', ondelete='CASCADE'), nullable=False)
    status = orm.mapped_column(sa.Enum(
        'CHECKING', 'GREEN', 'YELLOW', 'RED',
        name='verification_status'), nullable=False)


class HealthCheck(Times, Base):
    """One question of a verification and its answer."""

    __tablename__ = 'health_checks'

    id = orm.mapped_column(sa.String(36), primary_key=True)
    verification_id = orm.mapped_column(sa.String(36), sa.ForeignKey(
        'cluster_verifications.id', ondelete='CASCADE'), nullable=False)
    name = orm.mapped_column(sa.String(80), nullable=False)
    description = orm.mapped_column(sa.Text())
    status = orm.mapped_column(sa.Enum(
        'CHECKING', 'GREEN', 'YELLOW', 'RED', 'UNKNOWN',
        name='health_status'), nullable=False)
