"""What ``scripts/chaos`` is made of: a clinic that grows, a run to be killed, and what must hold afterwards."""
