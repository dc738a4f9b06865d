"""Replicate: predictions of models, each with names of its own.

`provider` speaks to it; `templates.toml` holds what each model calls the parts of a request.
"""
