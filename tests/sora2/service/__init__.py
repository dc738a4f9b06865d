"""The compatible service, over real HTTP with a small real engine."""
