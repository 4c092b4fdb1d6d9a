"""The commands of ``etl.py``, a module for each subject; ``pipeline.cli`` gathers them."""
