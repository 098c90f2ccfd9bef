"""Archives: folders of pictures and videos, on disk or behind a URL, to tables of the faces in them. Needs requirements-cluster.txt."""
