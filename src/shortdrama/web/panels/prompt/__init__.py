"""The prompt panel: text, references, model, length, size and number of takes.

Renders the panel and its history list. Checks, drafts and orders go through the JSON API.
"""
