"""ComfyUI: workflows of a person's own as models.

`provider` speaks to the server; `workflow` fills an exported workflow at the places that `slots`
finds; `answers` reads queue and history; `check` tells what of a workflow the server lacks.
"""
