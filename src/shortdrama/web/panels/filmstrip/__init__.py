"""The filmstrip: the shots of the episode in their scenes, and which one is open.

Every cell is a link, so a shot is a place with an address. New shots go through the JSON API.
"""
