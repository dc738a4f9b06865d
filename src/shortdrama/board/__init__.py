"""Projects and their shots in order, which take of each is selected or rejected, and the text of
the sample episode. Called by the web, which also orders the sample's takes: none are made here.
Scripts, cast and batches come to live on the same rows.
"""
