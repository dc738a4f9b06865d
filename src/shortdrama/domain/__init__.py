"""Nouns and rules of the studio, without any I/O.

Project, episode, scene, shot, take (and its states), asset, prompt, connection and what a
model can do. Everything here is frozen data or a pure function; every other room may import
it, it imports nothing but `errors`.
"""
