"""The viewer: the clip that is shown, the status in words, and problems with what to do.

Decides which take of a shot is shown, and says of a failed or uncertain one what happened, what
it cost and what helps. Changes nothing: its buttons call the JSON API.
"""
