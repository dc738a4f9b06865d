"""Asset manager: takes files in once per content, describes, tags, searches and trashes them.
Knows nothing of HTTP or SQL; storage and media come in through `ports.py`. Called by the web and
the command line.
"""
