"""Binaries to compare: a commit is built in a git worktree of its own, which is removed whatever
happens, and its program is kept by commit and preset. The working tree is built where it always is.
"""
import os
import pathlib
import shutil
import tempfile
from typing import Callable, Sequence

from minitalk import processes
from minitalk.exit_status import Failed

WORKTREE = "worktree"  # in place of a ref: the working tree as it is


class Builder:
    """Builds with one preset, so that both sides get equal flags. `report` is called at each
    step; `target` is what is built, in `place` of the build folder."""

    def __init__(self, root: pathlib.Path, preset: str,
                 report: Callable[[str], None] = lambda text: None,
                 target: str = "minitalk-bench", place: str = "bin") -> None:
        self.root = pathlib.Path(root)
        self.preset = preset
        self.report = report
        self.target = target
        self.place = place

    def bench_of(self, ref: str) -> pathlib.Path:
        """The path of the program of a ref or of the working tree."""
        if ref != WORKTREE:
            return self.build_commit(ref)
        self.report("building the working tree")
        folder = "build" if self.preset == "release" else f"build/{self.preset}"
        return self.build(self.root, self.root / folder)

    def commit_of(self, ref: str) -> str:
        status, stdout, _ = processes.run(
            ["git", "-C", self.root, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"])
        if status != 0:
            raise Failed(f"git knows no commit {ref!r} here; `git fetch` may bring it "
                         "(on CI: check out with fetch-depth: 0)")
        return stdout.strip()

    def build_commit(self, ref: str) -> pathlib.Path:
        commit = self.commit_of(ref)
        kept = self.root / "build" / "perf" / f"{commit}-{self.preset}" / self.target
        if kept.exists():
            return kept
        self.report(f"building {ref} ({commit[:12]})")
        with tempfile.TemporaryDirectory(prefix="minitalk-perf-") as folder:
            tree = pathlib.Path(folder) / "tree"
            try:
                self.git("worktree", "add", "--detach", "--quiet", tree, commit)
                built = self.build(tree, tree / "build")
                kept.parent.mkdir(parents=True, exist_ok=True)
                partial = kept.with_suffix(f".{os.getpid()}")
                shutil.copy2(built, partial)
                partial.rename(kept)  # atomic: an interrupted build leaves nothing to reuse
            finally:
                self.git("worktree", "remove", "--force", tree, must=False)
                self.git("worktree", "prune", must=False)
        return kept

    def build(self, tree: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
        """Configures where that is needed and builds the target alone."""
        if not (folder / "build.ninja").exists():
            self.must(["cmake", "--preset", self.preset, "-B", folder], tree)
        words = os.environ.get("NINJAFLAGS", "").split()
        self.must(["cmake", "--build", folder, "--target", self.target, "--", *words], tree)
        binary = folder / self.place / self.target
        if not binary.exists():
            raise Failed(f"{tree} builds no {self.place}/{self.target}: it is too old to be "
                         "compared")
        return binary

    def must(self, command: Sequence[object], folder: pathlib.Path) -> None:
        """Runs it; Failed, with the end of what it says, where it fails."""
        status, stdout, stderr = processes.run(command, folder=folder)
        if status != 0:
            tail = "\n".join((stdout + stderr).splitlines()[-20:])
            raise Failed(f"`{' '.join(map(str, command))}` failed in {folder}:\n{tail}\n"
                         "`scripts/setup.sh build` installs what is missing")

    def git(self, *words: object, must: bool = True) -> None:
        status, _, stderr = processes.run(["git", "-C", self.root, *words])
        if must and status != 0:
            raise Failed(f"git {' '.join(map(str, words))}: {stderr.strip()}")
