"""Pictures that somebody brings: read, drawn on, and taken away. Nothing of them is written anywhere."""
