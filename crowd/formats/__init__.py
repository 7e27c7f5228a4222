"""File formats: bytes to rows and rows to bytes; plain Python that knows no project and no database."""
