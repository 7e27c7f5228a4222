"""The machine door: JSON over HTTP; parses, calls one service or query, answers."""
