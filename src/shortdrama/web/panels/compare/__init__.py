"""Compare: two to four ready takes of a shot side by side, with one playhead.

Decides which takes stand beside each other. Changes nothing: its buttons are those of the takes
panel, its controls those of the viewer, played on all clips at once.
"""
