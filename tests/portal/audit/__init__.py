"""The record of every access, when it cannot be written."""
