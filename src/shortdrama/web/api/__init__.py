"""The services as JSON; described at `/api/openapi.json`, errors of one shape."""
