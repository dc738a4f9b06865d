"""Where models live: connections, their keys and what each model can do. Keys stay in the vault
of `ports.py`; nothing here ever returns one to a page.
"""
