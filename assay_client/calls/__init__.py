"""Every call of the API, described once: a function per call, which sends nothing."""
