"""The command line: parse, call, print. `app` has the commands, `process` prepares jax, `show` prints."""

from .app import app as app
from .app import main as main
