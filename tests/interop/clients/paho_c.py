"""Paho's C client: tests/interop/paho_c.c, compiled here."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile

from .suite import Suite

SOURCE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "paho_c.c")


def run(suite: Suite) -> None:
    if not suite.wanted("Paho C 3.1.1") and not suite.wanted("Paho C 5.0"):
        return
    folder = tempfile.mkdtemp(prefix="interop-")
    try:
        program = os.path.join(folder, "paho_c")
        built = subprocess.run(["cc", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-o", program, SOURCE, "-lpaho-mqtt3c"],
                               capture_output=True, text=True)
        if built.returncode != 0:
            suite.report("Paho C", f"does not compile: {built.stderr}")
            return
        for version, label in (("4", "3.1.1"), ("5", "5.0")):
            suite.program(f"Paho C {label}", [program, str(suite.port), version])
    finally:
        shutil.rmtree(folder)
