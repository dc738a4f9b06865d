"""`/v1/videos`, the protocol of Sora 2, at whatever server speaks it.

`provider` speaks it through `sora2.client`; `servers` holds how servers differ, as data; `check` is
the test of a connection, without paying.
"""
