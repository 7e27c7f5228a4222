"""What can stop the demo, said in one sentence."""


class DemoError(Exception):
    """The demo cannot go on; the message says why, with what to do."""
