"""The command line: parse, call, print. `app` and `stores` have the commands, `process` prepares jax, `show` prints."""

import gc

from . import stores as stores
from .app import app as app
from .app import main as main

gc.set_threshold(50_000, 20, 20)  # what jax and its kin import stays: to look through it again and again takes a sixth of it
