"""A package, so that `samples` and `hostile` can be imported and file names may repeat."""
