"""The settings page: connections, storage, shortcuts, about. One folder, as every panel."""
