"""Every query of the portal on known data: which test proves which (``proofs``), and that it does call it (``calls``)."""
