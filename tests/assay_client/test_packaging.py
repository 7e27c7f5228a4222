"""What `pip install .` installs is the client alone: it needs httpx with what that needs, and nothing of the server."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NEEDED = ("httpx", "httpcore", "h11", "anyio", "certifi", "idna", "typing_extensions")


def build(folder: Path) -> Path:
    code = f"from flit_core import buildapi; print(buildapi.build_wheel({str(folder)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return folder / done.stdout.strip()


def test_the_wheel_holds_the_client_with_its_command_and_asks_for_httpx(tmp_path: Path) -> None:
    with zipfile.ZipFile(build(tmp_path)) as wheel:
        names = wheel.namelist()
        metadata = next(name for name in names if name.endswith("/METADATA"))
        entry_points = next(name for name in names if name.endswith("/entry_points.txt"))
        asked = [line for line in wheel.read(metadata).decode().splitlines() if line.startswith("Requires-Dist:")]
        commands = wheel.read(entry_points).decode()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"assay_client"}
    assert "assay_client/py.typed" in names
    assert asked == ["Requires-Dist: httpx>=0.27,<1"]
    assert "assay=assay_client.command_line:main" in commands


def test_the_wheel_runs_where_there_is_nothing_but_httpx(tmp_path: Path) -> None:
    wheel = build(tmp_path)
    alone = tmp_path / "alone"
    alone.mkdir()
    for name in NEEDED:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        os.symlink(source, alone / source.name)
    code = (
        f"import sys; sys.path[:0] = [{str(wheel)!r}, {str(alone)!r}]\n"
        "import assay_client.async_client\n"
        "from assay_client.command_line import main\n"
        "sys.exit(main(['project', 'list']))"
    )
    done = subprocess.run(
        # -I -S: neither this folder nor the environment's packages.
        [sys.executable, "-I", "-S", "-c", code],
        cwd=tmp_path,
        env={"ASSAY_CONFIG": str(tmp_path / "none.toml")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("assay: there is no API key; ")
