"""The takes panel: one card for each take of the shown shot, newest first, and its footer.

Turns a take into what a card shows (`card.py`). Changes nothing: its buttons call the JSON API.
"""
