"""A take's life: intent → submit → wait → fetch → finish. Decides, and keeps every paid take;
talks to providers, storage and media only through `ports.py`, and to durable execution through
`Runner`. Called by the web, the command line and the runner.
"""
