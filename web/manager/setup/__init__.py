"""Setting a project up: pages that keep each step in a draft."""
