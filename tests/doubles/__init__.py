"""Servers and clips that tests play against. Each is real: real sockets, real files."""
