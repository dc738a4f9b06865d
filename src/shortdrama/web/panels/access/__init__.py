"""Who may come in: keys of programs and people with roles, as parts of the settings page.

Forms and partials for owners; the JSON twins are in `web.api.access`.
"""
