"""Money as people deal with it: caps, what was spent on what, and the ledger as a file.

Does not order, reserve or settle anything: `generation` keeps the books in the transactions of the
takes themselves. Called by the web and the command line.
"""
