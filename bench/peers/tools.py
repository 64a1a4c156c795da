"""The tools that are compared: how each is told to do the same thing."""

import json
import os
import subprocess
from pathlib import Path

PASSWORD = "a password of the comparison, not a secret"


class Tool:
    """One tool with one repository. Commands run in a home of its own, so that no cache or setting of the machine takes part."""

    def __init__(self, name, work):
        self.name = name
        self.home = work / "home" / name
        self.repository = work / "repositories" / name
        self.backups = 0

    def environment(self):
        home = str(self.home)
        return {"PATH": os.environ["PATH"], "HOME": home, "XDG_CACHE_HOME": f"{home}/cache", "XDG_CONFIG_HOME": f"{home}/config",
                "XDG_DATA_HOME": f"{home}/data", "LC_ALL": "C.UTF-8"}

    def backed_up(self, output):
        self.backups += 1


class Holdfast(Tool):
    def __init__(self, name, work, binary):
        super().__init__(name, work)
        self.binary = str(binary)
        self.last = None

    def version(self):
        return subprocess.check_output([self.binary, "--version"], text=True).split()[-1].split("+")[0]

    def where(self):
        return ["--repository", str(self.repository), "--key", str(self.home / "key")]

    def init(self):
        return [self.binary, "repo", "init", *self.where()]

    def backup(self, image):
        parent = ["--parent", "latest"] if self.backups else []
        return [self.binary, "backup", "create", "--source", str(image), *self.where(), *parent, "--json"]

    def backed_up(self, output):
        super().backed_up(output)
        self.last = json.loads(output)["id"]

    def restore(self, image, folder):
        return [self.binary, "backup", "restore", self.last, *self.where(), "--to", str(folder / "restored")], folder / "restored"


class Restic(Tool):
    def version(self):
        return subprocess.check_output(["restic", "version"], text=True).split()[1]

    def environment(self):
        return {**super().environment(), "RESTIC_REPOSITORY": str(self.repository), "RESTIC_PASSWORD": PASSWORD}

    def init(self):
        return ["restic", "init", "--repository-version", "2"]

    def backup(self, image):
        return ["restic", "backup", "--compression", "auto", str(image)]

    def restore(self, image, folder):
        return ["restic", "restore", "latest", "--target", str(folder)], folder / str(image).lstrip("/")


class Borg(Tool):
    def __init__(self, name, work, options):
        super().__init__(name, work)
        self.options = options

    def version(self):
        return subprocess.check_output(["borg", "--version"], text=True).split()[1]

    def environment(self):
        return {**super().environment(), "BORG_BASE_DIR": str(self.home), "BORG_REPO": str(self.repository), "BORG_PASSPHRASE": PASSWORD,
                "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes", "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes"}

    def init(self):
        return ["borg", "init", "--encryption", "repokey-blake2"]

    def backup(self, image):
        return ["borg", "create", "--compression", "zstd,3", *self.options, f"::b{self.backups}", str(image)]

    def restore(self, image, folder):
        return ["borg", "extract", "--sparse", f"::b{self.backups - 1}"], folder / str(image).lstrip("/")


def all_tools(work, binary):
    return {
        "holdfast": Holdfast("holdfast", work, binary),
        "restic": Restic("restic", work),
        "borg": Borg("borg", work, []),
        "borg-fixed": Borg("borg-fixed", work, ["--chunker-params", "fixed,4194304", "--sparse"]),
    }


def default_binary():
    return Path(__file__).resolve().parents[2] / "artifacts/bin/Holdfast/release/holdfast"
