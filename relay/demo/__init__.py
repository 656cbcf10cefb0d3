"""`parley demo`: the whole of it on one machine and one page, for somebody who sees it for the first time."""
