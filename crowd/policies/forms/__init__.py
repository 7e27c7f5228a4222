"""The answer types, one file each: schema, canonical form, gold score, distance."""
