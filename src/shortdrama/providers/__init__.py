"""Where models live: one folder per vendor protocol, and what is known of each model.

In a vendor's folder `provider` speaks the protocol and declares its `KINDS`. The files are shared:
`kind`, `kinds`, `registry` and `guard` say which provider a connection means; `vendor_api`,
`frames`, `wishes`, `templates`, `phases`, `outputs`, `advice` and `checks` are what providers are
written with; `presets`, `connection_probe` and `line_check` serve the settings; `capabilities.toml`
holds what models can do and cost. Features know only the Protocols in their own ports.
"""
