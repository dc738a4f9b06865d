"""Prompt input: what was typed becomes a request. Checks it against what the model can do,
estimates money and time before the click, keeps the history of all prompts. Called by the web
and by `generation` through plain callables.
"""
