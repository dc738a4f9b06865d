"""Kling: the vendor's own API, v1 to v3.

`provider` speaks to it, with what `token` signs; `forms` holds how each model wants an order
written, `refusals` what its codes mean.
"""
