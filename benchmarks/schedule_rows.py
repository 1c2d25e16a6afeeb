# SPDX-License-Identifier: Apache-2.0
"""What the scheduler's decisions add up to, against every fixed setting, on a clock of their own: no server runs."""
import subprocess

from harness import Failed


def run(setup):
    """Yields tables in Markdown."""
    command = [setup.program("simulate_schedule")] + (["--quick", "MobileNetV3"] if setup.quick else [])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.stdout:
        yield "### Scheduling, simulated\n\n" + done.stdout
    if done.returncode != 0:
        raise Failed(f"simulate_schedule ended with {done.returncode}: {done.stderr}")
