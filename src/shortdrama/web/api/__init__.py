"""The services as JSON, described at `/api/openapi.json`. Errors have one shape: `web/errors.py`."""
