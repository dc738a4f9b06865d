"""Runway, and the models of others behind its key.

`provider` speaks to it; `forms` holds which fields each model knows.
"""
