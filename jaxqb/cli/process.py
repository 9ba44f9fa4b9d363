"""What a process of the command line sets up: double precision, and a cache of compiled programs."""

import os
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

MISSING = "not installed"


def start_jax(x64: bool = True) -> None:
    """Import jax with float64 (or not), and keep compiled programs for the next call.

    They lie in the platform's cache folder, or where JAX_COMPILATION_CACHE_DIR says.
    """
    import jax

    jax.config.update("jax_enable_x64", x64)
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        jax.config.update("jax_compilation_cache_dir", str(cache_folder() / "xla"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)


def crew() -> int:
    """How many processes share independent work: one a core, and a single one where an accelerator does it."""
    import jax

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(4, cores) if jax.default_backend() == "cpu" else 1


def cache_folder() -> Path:
    """Where this platform keeps caches."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "jaxqb" / "Cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "jaxqb"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "jaxqb"


def version_of(package: str) -> str:
    """Installed version, in words if there is none (a source tree that was not installed)."""
    try:
        return version(package)
    except PackageNotFoundError:
        return MISSING


def idle_gpu(backend: str) -> bool:
    """Whether the driver of an NVIDIA GPU is loaded (Linux) and jax runs on a CPU all the same, though nobody asked it to."""
    return backend == "cpu" and not os.environ.get("JAX_PLATFORMS") and Path("/proc/driver/nvidia/version").exists()
