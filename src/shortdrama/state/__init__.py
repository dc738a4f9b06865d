"""State manager: what a page knows, and how it hears of changes.

One snapshot in the seed's shape (`snapshot.py`) and one ordered event stream with replay
(`hub.py`). Events are rows written in the transaction of the change they tell of. Features
append to the log; the web serves it.
"""
