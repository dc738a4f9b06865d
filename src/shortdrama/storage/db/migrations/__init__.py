"""Migrations of the database, forward only; run by `storage.db.migration` at start.

Each file in `versions/` brings the tables one step on. A new one also becomes
`migration.NEWEST`; the tests hold the steps against `tables.metadata` on both databases.
"""
