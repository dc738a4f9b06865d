"""Rows: SQLAlchemy Core tables, one small store class per noun, migrations.

`database.Database` opens transactions whose attributes are the stores; `migration.migrate`
brings a database up to date at start. SQLite (WAL) and PostgreSQL behave alike, which the
tests check on both. Called through the features' ports; joined by `app`.
"""
