"""The manifests as `kubectl apply -k` would send them; for every suite that reads them."""

from __future__ import annotations

import json
import os
import re
import tempfile

import yaml
from clients.suite import must

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


MANIFESTS = os.path.join(ROOT, "manifests")


def render(overlay: str, components: tuple[str, ...]) -> str:
    """As an overlay that names the components would be."""
    with tempfile.TemporaryDirectory() as home:
        def place(*parts: str) -> str:
            return os.path.relpath(os.path.join(MANIFESTS, *parts), os.path.realpath(home))

        with open(os.path.join(home, "kustomization.yaml"), "w", encoding="utf-8") as file:
            yaml.safe_dump({"resources": [place("overlays", overlay)], "components": [place("components", c) for c in components]}, file)
        return must(["kubectl", "kustomize", home])


class Overlay:
    def __init__(self, name: str, components: tuple[str, ...] = ()):
        self.text = render(name, components)
        self.objects = list(yaml.safe_load_all(self.text))

    def all(self, kind: str) -> dict[str, dict]:
        return {o["metadata"]["name"]: o for o in self.objects if o["kind"] == kind}

    def pod(self, name: str) -> dict:
        return self.all("StatefulSet")[name]["spec"]["template"]["spec"]

    def replicas(self, name: str) -> int:
        """Of a StatefulSet, once its autoscaler has seen it: one is what Kubernetes makes of a set that says nothing."""
        said = self.all("StatefulSet")[name]["spec"].get("replicas", 1)
        return max([said, *(a["spec"].get("minReplicas", 1) for a in self.autoscalers(name))])

    def autoscalers(self, name: str) -> list[dict]:
        """Of a StatefulSet."""
        wanted = {"kind": "StatefulSet", "name": name}
        return [a for a in self.all("HorizontalPodAutoscaler").values() if wanted.items() <= a["spec"]["scaleTargetRef"].items()]

    def configuration(self) -> str:
        """As the pods get it."""
        return next(o["data"]["mqttzoo.json"] for o in self.all("ConfigMap").values() if "mqttzoo.json" in o["data"])

    def settings(self) -> dict:
        """Its options by their full names, and those that the environment sets; those are text."""
        flat: dict = {}

        def flatten(prefix: str, value: object) -> None:
            if isinstance(value, dict):
                for key, inner in value.items():
                    flatten(f"{prefix}.{key}" if prefix else key, inner)
            else:
                flat[prefix] = value

        flatten("", json.loads(re.sub(r"(?m)//[^\"\n]*$", "", self.configuration())))
        for variable in self.pod("mqttzoo")["containers"][0]["env"]:
            if "value" in variable:
                flat[variable["name"].removeprefix("MQTTZOO_").lower().replace("_", ".")] = variable["value"]
        return flat
