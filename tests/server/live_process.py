"""A server with the live stream and nothing else, as a process: `live_process.py '{"url": …}'`."""

import contextlib
import json
import logging
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from cvi.bootstrap import Ports
from cvi.server import live
from cvi.settings import load_settings
from cvi.store.engine import open_engine

given = json.loads(sys.argv[1])
logging.basicConfig(level=logging.DEBUG)
settings = load_settings({"CVI_WORKSPACE": "default"}, data_dir=Path(given["folder"]))
ports = Ports(settings, open_engine(given["url"]), "default")
feed = live.feed_of(ports)


async def state(_request):
    return PlainTextResponse(str(feed.listeners))


@contextlib.asynccontextmanager
async def lifespan(_app):
    with feed.ending_at_signals():
        yield


routes = [live.route(feed, ports), Route("/readyz", state)]
app = Starlette(routes=routes, lifespan=lifespan)
# No limit on how long a stop may take: the streams themselves must not hold it up.
uvicorn.run(app, host="127.0.0.1", port=given["port"], access_log=False)
