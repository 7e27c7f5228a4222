"""The one Django app: rows, rules, transactions."""
