"""The Assets panel at the left of the studio: a short view of the library.

Shows cast, places, props and files as tiles that can be picked as references, and what is coming
in. Listing and searching only; changes go through `/api/assets`. The studio page includes
`_panel.html` with `assets` from `panel.py`.
"""
