"""Seedance at its two houses, Volcengine Ark and BytePlus ModelArk.

`provider` speaks to both; `answers` reads what they say of a task, `refusals` holds what their
codes mean, `prompts` what may not stand in a prompt.
"""
