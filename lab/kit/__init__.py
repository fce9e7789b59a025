"""What sections are made of: figures, tables, charts, numbers in words."""
