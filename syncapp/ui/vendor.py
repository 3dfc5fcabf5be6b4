"""Fetches the third-party browser files that this repository carries (development only).

Run `python -m syncapp.ui.vendor` after changing a version or the icon list below. It needs npm,
unpacks the pinned packages, copies the listed files and their licences, removes references to
source maps (the static files storage refuses files that name a missing one) and writes
`VENDOR.md` beside them. The editor of formulas comes as modules, so `bundle` makes one file of it:
what it exports is listed in `codemirror/index.js`, the versions stand in the lock file beside it.
"""

import hashlib
import json
import re
import shutil
import subprocess  # npm with constant arguments
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_STATIC = _ROOT / "syncapp/ui/static/vendor"
_TESTS = _ROOT / "tests/browser/vendor"
_EDITOR = _ROOT / "syncapp/ui/codemirror"
_BUNDLED = "codemirror/codemirror.min.js"
_SOURCE_MAP = re.compile(
    rb"\n?(?://[#@]\s*sourceMappingURL=\S*|/\*[#@]\s*sourceMappingURL=.*?\*/)\s*"
)

_MIT = """\
MIT License

Copyright (c) {holders}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or
substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT
OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""

ICONS = """
activity adjustments-horizontal alert-circle alert-triangle arrow-back-up arrow-down-left arrow-left
arrow-right arrow-up-right arrows-exchange ban bell bolt book braces building calendar-time check
chevron-down chevron-left chevron-right chevron-up circle-check circle-dashed circle-dot circle-minus
circle-x clock code columns copy database device-floppy dots download external-link eye eye-off
file-import file-text filter filter-off git-compare help-circle history home hourglass inbox
info-circle key link list-details loader-2 lock logout mail math-function menu-2 minus moon pencil
player-pause player-play player-stop plug plug-connected plus refresh repeat search selector server
settings shield-lock stethoscope sun table test-pipe trash unlink upload user user-plus users wand
world x
""".split()  # noqa: SIM905  # a word list reads better


@dataclass(frozen=True)
class Package:
    """One pinned npm package and the files we take from it."""

    name: str
    version: str
    licence: str
    files: tuple[str, ...]
    folder: Path
    holders: str = ""  # set where the tarball has no licence file; then we write the MIT text


PACKAGES = (
    Package(
        "@tabler/core",
        "1.6.1",
        "MIT",
        ("dist/css/tabler.min.css",),
        _STATIC / "tabler",
        holders="2018-2026 The Tabler Authors and codecalm.net Paweł Kuna",
    ),
    Package(
        "@tabler/icons",
        "3.51.0",
        "MIT",
        tuple(f"icons/outline/{name}.svg" for name in ICONS),
        _STATIC / "icons",
    ),
    Package(
        "tom-select",
        "2.6.2",
        "Apache-2.0",
        ("dist/js/tom-select.base.min.js", "dist/css/tom-select.bootstrap5.min.css"),
        _STATIC / "tom-select",
    ),
    Package("axe-core", "4.14.1", "MPL-2.0", ("axe.min.js",), _TESTS / "axe-core"),
)


def _unpack(package: Package, into: Path) -> Path:
    packed = subprocess.run(  # noqa: S603  # constant arguments
        ["npm", "pack", "--silent", f"{package.name}@{package.version}"],  # noqa: S607  # whichever npm the developer has
        cwd=into,
        check=True,
        capture_output=True,
        text=True,
    )
    with tarfile.open(into / packed.stdout.strip()) as archive:
        archive.extractall(into, filter="data")
    return into / "package"


def _take(source: Path, target: Path) -> str:
    content = _SOURCE_MAP.sub(b"\n", source.read_bytes()).rstrip() + b"\n"
    target.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def _fetch(package: Package) -> list[str]:
    """Replace the package's folder by what the registry has; return its table rows."""
    package.folder.mkdir(parents=True, exist_ok=True)
    for old in package.folder.iterdir():
        old.unlink()
    if package.holders:
        (package.folder / "LICENSE").write_text(_MIT.format(holders=package.holders))
    wanted = package.files if package.holders else (*package.files, "LICENSE")
    with tempfile.TemporaryDirectory() as scratch:
        unpacked = _unpack(package, Path(scratch))
        return [
            f"| {package.name} | {package.version} | {package.licence} "
            f"| {Path(file).name} | `{_take(unpacked / file, package.folder / Path(file).name)}` |"
            for file in wanted
        ]


def bundle() -> list[str]:
    """Make one file of the locked packages of the editor, and one of their licences."""
    target = _STATIC / _BUNDLED
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        for source in _EDITOR.iterdir():
            shutil.copy(source, scratch)
        _run(scratch, "npm", "ci", "--silent", "--no-audit", "--no-fund")
        made = Path(scratch) / "out.js"
        options = "--bundle --minify --format=iife --global-name=CodeMirror --target=es2022"
        _run(
            scratch,
            "node_modules/.bin/esbuild",
            "index.js",
            *options.split(),
            "--legal-comments=none",
            f"--outfile={made.name}",
        )
        packages = _bundled(Path(scratch))
        licences = [
            f"{name} {version}\n\n{(Path(scratch) / folder / 'LICENSE').read_text().strip()}\n"
            for folder, name, version in packages
        ]
        names = ", ".join(f"{name} {version}" for _, name, version in packages)
        row = f"| {names} | as named | MIT | {target.name} | `{_take(made, target)}` |"
    (target.parent / "LICENSE").write_text("\n\n".join(licences))
    return [row]


def _bundled(folder: Path) -> list[tuple[str, str, str]]:
    """List the packages that end up in the bundle: folder, name, version."""
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    return [
        (path, path.removeprefix("node_modules/"), entry["version"])
        for path, entry in sorted(locked.items())
        if path and not entry.get("dev")
    ]


def _run(folder: str, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)  # noqa: S603  # constant arguments


def main() -> int:
    """Fetch everything and describe it."""
    for folder in (_STATIC, _TESTS):
        packages = [package for package in PACKAGES if package.folder.parent == folder]
        rows = [row for package in packages for row in _fetch(package)]
        rows += bundle() if folder == _STATIC else []
        head = (
            "# Third-party files\n\nWritten by `python -m syncapp.ui.vendor`.\n\n"
            "| package | version | licence | file | sha256 |\n|---|---|---|---|---|\n"
        )
        (folder / "VENDOR.md").write_text(head + "\n".join(rows) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
