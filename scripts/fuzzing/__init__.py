"""Source files broken on purpose, and what must hold of a landing whatever they hold."""
