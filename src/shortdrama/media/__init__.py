"""Media tools: what a file is, what is in it, and the small pictures made from it.

`kinds` judges a file by its first bytes; `probe`, `derive` and `verify` open strangers' files and
therefore run only in child processes, which `workers` starts, limits and ends. `service.MediaTools`
is the face that assets and generation use through their own ports. Nothing here knows rows, blobs
or the web, and importing this package loads neither PyAV nor Pillow.
"""
