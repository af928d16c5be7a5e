"""One receiver, as a process of its own: `receiver_process.py '{"url": …, "port": …}'`."""

import json
import logging
import sys
from pathlib import Path

from starlette.applications import Starlette

from cvi.server.api import build_api, lifespan, routes
from cvi.server.receiver import Receiver
from cvi.server.run import HEADER_SECONDS, serve
from cvi.settings import Key, load_settings
from cvi.store.engine import open_engine

given = json.loads(sys.argv[1])
logging.basicConfig(level=logging.DEBUG)
settings = load_settings(given.get("env", {}), data_dir=Path(given["folder"]))
engine, tokens = open_engine(given["url"]), (Key(given["token"]),)
if "body_seconds" in given:
    door = Receiver(engine, "default", settings, tokens, body_seconds=given["body_seconds"])
    app = Starlette(routes=routes(door), lifespan=lifespan(door))
else:
    app = build_api(engine, "default", settings, tokens)
patience = given.get("header_seconds", HEADER_SECONDS)
serve(app, "127.0.0.1", given["port"], header_seconds=patience)
