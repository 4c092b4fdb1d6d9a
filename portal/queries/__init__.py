"""Read-only SQL over the live build and ``ops``: a connection goes in, typed rows come out."""
