"""The command line: parse, call, print. `app` and `stores` have the commands, `process` prepares jax, `show` prints."""

from . import stores as stores
from .app import app as app
from .app import main as main
