"""The tools that are compared: how each is told to do the same thing."""

import json
import os
import subprocess
from pathlib import Path

PASSWORD = "a password of the comparison, not a secret"


class Tool:
    """One tool with one repository. Commands run in a home of its own, so that no cache or setting of the machine takes part."""

    def __init__(self, name, work, peers=None):
        self.name = name
        self.path = f"{peers}:{os.environ['PATH']}" if peers else os.environ["PATH"]
        self.home = work / "home" / name
        self.repository = work / "repositories" / name
        self.backups = 0

    def environment(self):
        home = str(self.home)
        return {"PATH": self.path, "HOME": home, "XDG_CACHE_HOME": f"{home}/cache", "XDG_CONFIG_HOME": f"{home}/config",
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
        return [self.binary, "backup", "create", "--source", str(image), *self.where(), "--json"]

    def backed_up(self, output):
        super().backed_up(output)
        self.last = json.loads(output)["id"]

    def restore(self, image, folder):
        return [self.binary, "backup", "restore", self.last, *self.where(), "--to", str(folder / "restored")], folder / "restored"


class Restic(Tool):
    def version(self):
        return subprocess.check_output(["restic", "version"], text=True, env={"PATH": self.path}).split()[1]

    def environment(self):
        return {**super().environment(), "RESTIC_REPOSITORY": str(self.repository), "RESTIC_PASSWORD": PASSWORD}

    def init(self):
        return ["restic", "init", "--repository-version", "2"]

    def backup(self, image):
        return ["restic", "backup", "--compression", "auto", str(image)]

    def restore(self, image, folder):
        return ["restic", "restore", "latest", "--target", str(folder)], folder / str(image).lstrip("/")


class Borg(Tool):
    def __init__(self, name, work, peers, compression, options):
        super().__init__(name, work, peers)
        self.compression = compression
        self.options = options

    def version(self):
        return subprocess.check_output(["borg", "--version"], text=True, env={"PATH": self.path}).split()[1]

    def environment(self):
        return {**super().environment(), "BORG_BASE_DIR": str(self.home), "BORG_REPO": str(self.repository), "BORG_PASSPHRASE": PASSWORD,
                "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes", "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes"}

    def init(self):
        return ["borg", "init", "--encryption", "repokey-blake2"]

    def backup(self, image):
        return ["borg", "create", "--compression", self.compression, *self.options, f"::b{self.backups}", str(image)]

    def restore(self, image, folder):
        return ["borg", "extract", "--sparse", f"::b{self.backups - 1}"], folder / str(image).lstrip("/")


def all_tools(options):
    """The tools by name; "base" is another build of Holdfast, where one is given."""
    work, peers = options.work, options.peers and str(options.peers.resolve())
    found = {"holdfast": Holdfast("holdfast", work, options.holdfast)}
    if options.base:
        found["base"] = Holdfast("base", work, executable_in(options.base))
    return {
        **found,
        "restic": Restic("restic", work, peers),
        "borg": Borg("borg", work, peers, options.borg_compression, []),
        "borg-fixed": Borg("borg-fixed", work, peers, options.borg_compression, ["--chunker-params", "fixed,4194304", "--sparse"]),
    }


def executable_in(folder):
    """The executable in a folder: a published one, or a working copy that was built with -c Release."""
    for found in (folder / "holdfast", folder / "artifacts/bin/Holdfast/release/holdfast"):
        if found.is_file():
            return found.resolve()
    raise SystemExit(f"there is no holdfast in {folder}; build it with: dotnet build src/Holdfast -c Release")


def default_binary():
    return Path(__file__).resolve().parents[2] / "artifacts/bin/Holdfast/release/holdfast"
