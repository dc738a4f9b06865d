"""The studio page: its shell, top bar, queue menu, help and icons, and the address of a shot.

Joins the panels into one page and answers with those parts that an event has changed. Holds no
rules of its own: what a take looks like is `takes/`, what a problem says is `viewer/`.
"""
