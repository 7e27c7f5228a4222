"""The command line over the client: `assay`, or `python -m assay_client`."""

from assay_client.command_line.main import main

__all__ = ["main"]
