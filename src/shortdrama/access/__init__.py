"""Who may come in: people with a role and a password, programs with a key.

Keeps both, checks what they show, and ends what was taken back. What each may then do is a table
in `domain.people`; the web asks it in one place (`web.roles`). Nothing here knows HTTP.
"""
