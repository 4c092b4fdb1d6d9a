"""What an attacker tries, from outside and with an account. docs/asvs.md names the rule that each of these proves."""
