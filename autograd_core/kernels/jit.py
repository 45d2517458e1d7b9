"""One way to compile: `entry` for functions that Python calls, `jit` for those that they are made of.

Both are Numba's njit with this project's flags. An entry is kept on disk with all its parts in it (see `parts.py`), by
a cache that cannot go stale. Numba's own looks at the file that a function stands in and no further, so a kernel that
inlined another module's function goes on running the old code; and its index file can mix up two processes that compile
at once. Here each compiled signature is one file, named by a hash of everything that it was made from: all kernel
sources, the versions of Numba, LLVM and Python, the processor and the signature. Whatever changes, the name changes
with it; files are written aside and renamed, so processes need not know of each other.

The files lie in `__pycache__` beside the sources, where those of sources that have changed since are dropped; or in the
user's cache directory if the package is installed read-only. NUMBA_CACHE_DIR overrides both.
"""

import hashlib
import os
import pickle
import platform
import shutil
import sys
import tempfile
from functools import cache, partial
from pathlib import Path

import llvmlite
import numba
from llvmlite import binding
from numba.core import caching
from numba.core.runtime import _nrt_python  # type: ignore[attr-defined]  # it is compiled

from autograd_core.kernels.parts import part

# Rounding may differ from the order as written, but NaN and infinity must survive: never nnan, ninf or "fast".
REORDER = frozenset({"contract", "reassoc", "nsz", "arcp"})

_KERNELS = Path(__file__).parent
_OWN_CACHE = _KERNELS / "__pycache__"
# Options of numba.njit.
_HOW = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}


def jit(function=None, *, fastmath=frozenset(), forceinline=False):
    """Make `function` a part of the entries that call it, for each signature that they need. Python cannot call it.

    `fastmath=REORDER` lets LLVM reassociate sums, which it must do to vectorise a reduction.
    `forceinline` has LLVM inline it, whatever it thinks of that.
    """
    if function is None:
        return partial(jit, fastmath=fastmath, forceinline=forceinline)
    return part(function, **_HOW, fastmath=set(fastmath) or False, forceinline=forceinline)


def entry(function, text=""):
    """Make `function` callable from Python: compiled for each signature when it is first called, or loaded from disk.

    `text` is the source of a function that was generated, with its parts, and stands in no file of the kernels.
    """
    dispatcher = numba.njit(function, **_HOW)
    dispatcher._cache = _EntryCache(function, text)  # where `cache=True` would have put Numba's own
    return dispatcher


class _EntryCache(caching.FunctionCache):
    """Numba's cache protocol on top of one file per compiled signature."""

    def __init__(self, function, text):
        self._name = repr(function)
        self._py_func = function
        self._impl = _EntryCacheImpl(function)
        made_of = hashlib.sha256(text.encode()).hexdigest()
        self._origin = f"{_sources()} {_file(function.__code__.co_filename)} {made_of}"
        self._cache_path = _directory()
        self._cache_file = _FilePerSignature(self._cache_path, self._impl.filename_base, source_stamp=None)
        self.enable()

    def load_overload(self, sig, target_context):
        # Not by super's method of this name: it first loads all that Numba knows how to compile, for a third of a
        # second and 60 MB, and what is compiled already needs but the functions of the runtime by their names.
        _name_runtime()
        with self._guard_against_spurious_io_errors():
            loaded = self._load_overload(sig, target_context)
        if loaded is None:
            _begin_to_compile()
        return loaded

    def _index_key(self, sig, codegen):
        return (*super()._index_key(sig, codegen), self._py_func.__qualname__, self._origin, _toolchain())


@cache
def _name_runtime():
    """Tell LLVM where the runtime's functions are.

    Numba's own initialisation, which it runs before it compiles, also compiles how references are counted: for 25 ms
    and 28 MB of LLVM that nothing else needs, as loaded kernels bring their own.
    """
    for name, address in _nrt_python.c_helpers.items():
        binding.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)


class _Locator(caching._CacheLocator):
    """Satisfies Numba's interface; the cache itself decides on directory and freshness."""

    def __init__(self, py_file):
        self._py_file = py_file

    def get_cache_path(self):
        return _directory()

    def get_source_stamp(self):
        return None

    def get_disambiguator(self):
        return "kernel"

    @classmethod
    def from_function(cls, py_func, py_file):
        return cls(py_file)


class _EntryCacheImpl(caching.CompileResultCacheImpl):
    _locator_classes: list[type[object]] = [_Locator]


class _FilePerSignature(caching.IndexDataCacheFile):
    def _path(self, key):
        name = hashlib.sha256(repr(key).encode()).hexdigest()[:32]
        return os.path.join(self._cache_path, f"{self._index_name.removesuffix('.nbi')}.{name}.nbc")

    def load(self, key):
        try:
            with open(self._path(key), "rb") as file:
                return pickle.load(file)
        except (OSError, EOFError, pickle.UnpicklingError):
            return None  # absent or damaged: compile again

    def save(self, key, data):
        if " at 0x" in repr(key):
            return  # a type named by an address means something else in the next process
        try:
            with self._open_for_write(self._path(key)) as file:
                file.write(self._dump(data))
        except OSError:
            pass  # a full or read-only disk costs time in the next process, nothing else

    def flush(self):
        """Nothing to forget: a file that no longer applies is never looked up."""


@cache
def _sources():
    """A hash of all files of kernels."""
    digest = hashlib.sha256()
    for file in sorted(_KERNELS.glob("*.py")):
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


@cache
def _file(path):
    """A hash of one file, or of none, for interactive code."""
    return hashlib.sha256(Path(path).read_bytes() if Path(path).is_file() else b"").hexdigest()


@cache
def _toolchain():
    """What, besides sources, shapes the machine code. Numba's own key adds the processor and its features."""
    return (
        platform.python_implementation(),
        platform.python_version(),
        numba.__version__,
        llvmlite.__version__,
        numba.config.OPT,
        numba.config.BOUNDSCHECK,
        os.environ.get("AUTOGRAD_CORE_SIMD_BITS"),
    )


@cache
def _directory():
    if numba.config.CACHE_DIR:
        candidates = [Path(numba.config.CACHE_DIR) / "autograd_core"]
    else:
        home = os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        candidates = [_OWN_CACHE / f"kernels-{_sources()[:16]}", Path(home) / "autograd_core"]
    for directory in candidates:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=directory):
                return str(directory)
        except OSError:
            continue
    return str(candidates[-1])  # nothing is writable: loading may still work, saving fails quietly


@cache
def _begin_to_compile():
    """Say that it takes time, and drop what was compiled of other sources that stood here before."""
    print("autograd_core: compiling kernels, once; later runs load them from the cache", file=sys.stderr)
    for directory in _OWN_CACHE.glob("kernels-*"):
        if directory.name != f"kernels-{_sources()[:16]}":
            shutil.rmtree(directory, ignore_errors=True)
