"""The process that reads large and odd mail: it can be stopped, and has a limit on its memory (rooms.py)."""

from .arrival import Arrival
from .room_child import serve
from .understand import understand_file

if __name__ == "__main__":
    serve(Arrival, understand_file)
