"""The page and the JSON API: routes parse, call one service, render.

`app.py` builds the application from `Services`; `panels/<panel>/` holds everything of one part
of the screen; `api/` is the same services as JSON; `security.py` has the doors and locks.
Called by the composition root alone.
"""
