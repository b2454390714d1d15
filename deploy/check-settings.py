"""Checks what no schema can: the variables that deploy/ sets exist, and processes have time to stop.

A process takes the drain delay, then the shutdown timeout for requests, the shutdown timeout for events, and at most
10 s for the leases of the relay (docs/operations.md, "Shutdown"). What stops it must wait longer.
"""

import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).parent.parent
RELEASE_OF_LEASES = 10

errors = []


def seconds(text):
    match = re.fullmatch(r"(\d+)s", text)
    if not match:
        raise ValueError(f"{text!r} is not a number of seconds such as 20s")
    return int(match[1])


def stops_in_time(where, settings, grace):
    needed = (
        seconds(settings.get("ORDERS_DRAIN_DELAY", default("ORDERS_DRAIN_DELAY")))
        + 2 * seconds(settings.get("ORDERS_SHUTDOWN_TIMEOUT", default("ORDERS_SHUTDOWN_TIMEOUT")))
        + RELEASE_OF_LEASES
    )
    if grace <= needed:
        errors.append(f"{where}: a stop takes up to {needed} s, and the process is killed after {grace} s")


configuration = (ROOT / "docs/configuration.md").read_text()
rows = dict(re.findall(r"^\| `--[a-z-]+` \| `([A-Z_]+)` \| `?([^`|]*?)`? \|", configuration, re.MULTILINE))


def default(variable):
    return rows[variable]


# Of compose.yaml itself.
FOREIGN = {"ORDERS_IMAGE"}
files = [ROOT / "Dockerfile", *(path for path in (ROOT / "deploy").rglob("*") if path.is_file())]
for path in files:
    if path.suffix in {".json", ".py"} or path.name == "rules.yaml":
        continue
    for variable in sorted(set(re.findall(r"\bORDERS_[A-Z_]+\b", path.read_text()))):
        # Kubernetes sets this one unless enableServiceLinks is off.
        if variable not in rows and variable not in FOREIGN | {"ORDERS_SERVICE_HOST"}:
            errors.append(f"{path.relative_to(ROOT)}: docs/configuration.md has no {variable}")

compose = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
service = compose["services"]["orders"]
stops_in_time("compose.yaml", service["environment"], seconds(service["stop_grace_period"]))

config_map = yaml.safe_load((ROOT / "deploy/kubernetes/configmap.yaml").read_text())
deployment = yaml.safe_load((ROOT / "deploy/kubernetes/deployment.yaml").read_text())
pod = deployment["spec"]["template"]["spec"]
stops_in_time("deployment.yaml", config_map["data"], pod["terminationGracePeriodSeconds"])

# Kubernetes stops sending requests once readiness has failed and the endpoints have changed.
probe = pod["containers"][0]["readinessProbe"]
unready = probe["periodSeconds"] * probe["failureThreshold"]
if seconds(config_map["data"]["ORDERS_DRAIN_DELAY"]) <= unready:
    errors.append(f"configmap.yaml: ORDERS_DRAIN_DELAY is not longer than {unready} s, the time of the readiness probe")

unit = (ROOT / "deploy/systemd/orders.service").read_text()
env = dict(re.findall(r"^([A-Z_]+)=(.*)$", (ROOT / "deploy/systemd/orders.env").read_text(), re.MULTILINE))
stops_in_time("orders.service", env, seconds(re.search(r"^TimeoutStopSec=(.*)$", unit, re.MULTILINE)[1]))

print("\n".join(errors), file=sys.stderr)
sys.exit(bool(errors))
