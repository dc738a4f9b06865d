"""Wan and HappyHorse on Alibaba Cloud Model Studio.

`provider` speaks to it; `forms` holds how each family of models wants an order written, `refusals`
what its codes mean.
"""
