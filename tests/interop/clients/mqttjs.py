"""mqtt.js: Debian's node-mqtt when it is installed, otherwise the version that mqttjs/package-lock.json holds."""

from __future__ import annotations

import os
import shutil
import subprocess

from .suite import Suite

HERE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "mqttjs")
DEBIAN = "/usr/share/nodejs"
BUILD = os.path.normpath(os.path.join(HERE, "..", "..", "..", "build", "interop", "mqttjs"))
INSTALL_SECONDS_MAX = 300


def _modules() -> str:
    """The folder that holds the module `mqtt`."""
    if os.path.isdir(os.path.join(DEBIAN, "mqtt")):
        return DEBIAN
    os.makedirs(BUILD, exist_ok=True)
    lock, done = os.path.join(HERE, "package-lock.json"), os.path.join(BUILD, "installed")
    with open(lock, "rb") as file:
        wanted = file.read()
    if os.path.exists(done):
        with open(done, "rb") as file:
            if file.read() == wanted:
                return os.path.join(BUILD, "node_modules")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(HERE, name), BUILD)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=BUILD, check=True,
                   timeout=INSTALL_SECONDS_MAX, stdout=subprocess.DEVNULL)
    with open(done, "wb") as file:
        file.write(wanted)
    return os.path.join(BUILD, "node_modules")


def run(suite: Suite) -> None:
    if not suite.wanted("mqtt.js 3.1.1") and not suite.wanted("mqtt.js 5.0"):
        return
    try:
        modules = _modules()
    except (OSError, subprocess.SubprocessError) as error:
        suite.report("mqtt.js", f"cannot be installed: {error}")
        return
    for version, label in (("4", "3.1.1"), ("5", "5.0")):
        suite.program(f"mqtt.js {label}", ["node", os.path.join(HERE, "client.js"), str(suite.port), version],
                      env={**os.environ, "NODE_PATH": modules})
