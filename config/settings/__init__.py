"""Settings: `base` is shared, `local` starts with nothing set, `production` refuses to, `test` is for pytest."""
