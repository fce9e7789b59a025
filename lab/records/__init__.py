"""What a run keeps on disk: models, the store, redaction."""
