"""Durable execution: takes go on after a crash, a stop or a power cut, until they are over.

The only room that imports DBOS. It knows takes by their ids and `generation.life` by its phases;
the composition root builds it, the take service starts and wakes takes through it.
"""
