"""Commands for people: environment, demonstration, tests, sample data. Nothing else imports them."""
