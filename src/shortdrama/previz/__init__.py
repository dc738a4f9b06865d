"""The built-in engine: a prompt and, if there is one, a picture become an animatic clip.

`engine.render_clip` writes a real H.264 + AAC file on this machine: a designed or given frame,
a camera move, dialogue as captions, a quiet sound bed, a PREVIZ mark. No network, no model,
no database. Called by the Sora2 service and by workers, inside a worker process.
"""
