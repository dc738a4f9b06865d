"""Measures what the studio promises; `python -m bench` prints it beside the bounds."""
