"""The demo: a real crowd's ratings replayed through the public HTTP API."""
