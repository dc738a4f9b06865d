"""Real servers for tests: PostgreSQL and an S3 server on this machine, and pairs of storage.

`postgres_url`, `empty_postgres_url`, `s3_url` and `studio_storage` are fixtures for every test
(named in `tests/conftest.py`). What starts a server stops it.
"""
