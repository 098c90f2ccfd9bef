"""Media: what somebody brings, every face in it framed and read, and all of it taken away."""

from __future__ import annotations

from pages._media_pictures import pictures
from pages._shell import page

with page("Media", "Bring pictures: every face is framed, named, and yours to take away as a table.") as now:
    pictures(now)
