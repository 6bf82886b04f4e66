"""Read one picture over the socket of a running app: ``python examples/live_client.py JPEG``."""

import json
import sys
from pathlib import Path

from websockets.sync.client import connect

with connect("ws://127.0.0.1:7860/ws/analysis") as socket:
    socket.send(json.dumps({"type": "start_analysis", "mode": "live", "options": {}}))
    print(json.loads(socket.recv())["emotions"])
    socket.send((1).to_bytes(4, "big") + Path(sys.argv[1]).read_bytes())
    for face in json.loads(socket.recv())["faces"]:
        print(f"{face['emotion']} {face['confidence']:.0%}, trust {face['trust']:.0%}")
