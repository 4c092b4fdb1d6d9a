"""Commands for people: environment, sample data, demonstration."""
