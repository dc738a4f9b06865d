"""Veo by Google's Gemini API.

`provider` starts an operation and asks until it is done; `answers` reads what is said of it,
`refusals` why there is none.
"""
