"""The spend page: caps, what was spent on what, and the threshold above which a click asks.

The dialog that asks is here too, since every panel that can spend money uses it.
"""
