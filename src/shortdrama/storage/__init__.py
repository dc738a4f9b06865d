"""Storage: rows in SQL and bytes by content, and the directory that holds both.

`db/` keeps records (SQLite or PostgreSQL), `blobs/` keeps files (a folder or S3), and beside
them are the data directory with its lock, backup and the vault for keys. They satisfy the
ports that the features declare; only `app` joins them. No rules of the studio live here.
"""
