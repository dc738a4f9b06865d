"""Where models live: one file per vendor protocol, and what is known of each model.

`openai_videos` speaks the Sora 2 protocol through `sora2.client`; `registry` picks the provider of
a connection; `capabilities.toml` holds what models can do and cost. An adapter: features know it
only by the Protocols in their ports.
"""
