"""Pictures and videos that somebody brings: read, drawn on, and taken away. Nothing of them gets a name on the disk."""
