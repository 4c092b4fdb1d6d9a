"""A made-up hospital group: what it looks like, what it bills, how it gets paid, and what goes wrong in its files.

Everything follows from a seed and an end date: the same two give the same bytes. Amounts are whole cents until they are
written, so no arithmetic can lose one.
"""
