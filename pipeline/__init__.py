"""One run of the pipeline, in order: read, land, quarantine, gate, build, gate, publish, tell."""
