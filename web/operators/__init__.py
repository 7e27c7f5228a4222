"""Pages for those who run the server."""
