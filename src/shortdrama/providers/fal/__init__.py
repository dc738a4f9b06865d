"""fal: a queue in front of hundreds of models, each with names of its own.

`provider` speaks to the queue, `results` reads how a request ended, and `templates.toml` holds what
each model calls the parts of a request.
"""
