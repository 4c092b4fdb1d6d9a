"""What every figure of the portal is made of: the rows that add up to it, to the cent."""
