"""Conventions of the project that hold in every file."""
