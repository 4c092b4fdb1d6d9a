"""What ``scripts/soak`` is made of: people at their desks, the books that they should come to, and what the warehouse says."""
