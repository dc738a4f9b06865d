"""The services as JSON, described at `/api/openapi.json`; errors have one shape (`web/errors.py`)."""
