"""What a model got of one call, held against what its server was handed."""
