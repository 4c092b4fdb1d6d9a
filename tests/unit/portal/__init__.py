"""Pure functions of the portal."""
