"""Many small volumes under one policy of a service: what one of them costs when nothing changed, and where that goes."""

import json
import os
import shutil
import socket
import subprocess
import time
from datetime import datetime

PASSWORD = "a password of the comparison, not a secret"
MIB = 1 << 20


def make(folder, count, mebibytes):
    """Files half full of bytes that do not compress, all different."""
    folder.mkdir()
    for number in range(count):
        with open(folder / f"v{number:04}.img", "wb") as file:
            file.truncate(mebibytes * MIB)
            file.write(os.urandom(mebibytes * MIB // 2))
    os.sync()
    time.sleep(3)
    return sorted(folder.iterdir())


class Service:
    """`holdfast serve` with a data folder of its own, and its own command line as the client."""

    def __init__(self, binary, data):
        self.binary = str(binary)
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(parents=True, mode=0o700)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        address = f"http://127.0.0.1:{port}"
        plain = {"PATH": os.environ["PATH"], "HOME": str(data), "LC_ALL": "C.UTF-8"}
        self.client = {**plain, "OS_AUTH_URL": f"{address}/identity/v3", "OS_USERNAME": "admin", "OS_PASSWORD": PASSWORD,
                       "OS_PROJECT_NAME": "default"}
        with open(data / "serve.log", "wb") as log:
            self.process = subprocess.Popen([self.binary, "serve", "--data", str(data), "--listen", address], stdout=log, stderr=log,
                                            env={**plain, "HOLDFAST_ADMIN_PASSWORD": PASSWORD})
        for _ in range(200):
            if subprocess.run([self.binary, "volume", "list"], env=self.client, capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise SystemExit(f"the service did not start: {(data / 'serve.log').read_text(errors='replace')}")

    def verb(self, *words):
        return subprocess.check_output([self.binary, *words], env=self.client, text=True)

    def spent(self):
        """User and system CPU seconds so far, bytes written to disk, context switches that were waits."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        ticks = os.sysconf("SC_CLK_TCK")
        with open(f"/proc/{self.process.pid}/io") as file:
            written = next(int(line.split()[1]) for line in file if line.startswith("write_bytes"))
        return int(fields[11]) / ticks, int(fields[12]) / ticks, written

    def fire(self, policy, count):
        """Seconds from the first task's making to the last one's end, and what the service spent meanwhile."""
        before = self.spent()
        self.verb("policy", "execute", policy, "--wait")
        after = self.spent()
        tasks = json.loads(self.verb("task", "list", policy, "--limit", str(count), "--json"))
        tasks = tasks if isinstance(tasks, list) else tasks["tasks"]
        states = {task["status"] for task in tasks}
        if len(tasks) != count or states != {"EXECUTE_SUCCESS"}:
            raise SystemExit(f"{len(tasks)} of {count} tasks, in the states {', '.join(sorted(states))}")
        began = min(moment(task["created_at"]) for task in tasks)
        ended = max(moment(task["finished_at"]) for task in tasks)
        return ended - began, *(b - a for a, b in zip(before, after))

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def measure(binary, work, volumes, rounds):
    """For the first firing and for each one of nothing that changed: seconds, user, system, bytes written."""
    service = Service(binary, work / "service")
    try:
        for path in volumes:
            service.verb("volume", "add", path.stem, str(path))
        service.verb("policy", "create", "all", "--start-time", "00:00", "--off")
        service.verb("policy", "associate", "all", *(path.stem for path in volumes))
        first = service.fire("all", len(volumes))
        return first, [service.fire("all", len(volumes)) for _ in range(rounds)]
    finally:
        service.stop()
