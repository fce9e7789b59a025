"""Behind a model server: what the model got of each call, rather than what the server was handed."""
