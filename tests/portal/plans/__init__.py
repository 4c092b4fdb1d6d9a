"""The plans of what pages and endpoints ask, as the portal's own role, on a build with many rows."""
