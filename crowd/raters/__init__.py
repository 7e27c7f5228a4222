"""Raters that are no people: what they are asked, how their replies are read. They see payloads and nothing else."""
