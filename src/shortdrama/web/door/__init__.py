"""The door: OpenAI's Videos API at `/v1`, in front of every model that is connected.

A program that was written for that API changes its base URL and its key. What it orders is a take
like any other, in the project "API": the same checks, caps, money-safe submission and recovery.
The built-in engine's own service is another one (`sora2.service`): it is a provider behind this.
"""
