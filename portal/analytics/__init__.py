"""Pure functions: no Flask, no SQL, no clock."""
