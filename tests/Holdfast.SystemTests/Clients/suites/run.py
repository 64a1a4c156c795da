#!/usr/bin/python3
"""Runs a unittest suite of others, its classes in processes beside each other, and says of every test how it ended.

    run.py PROCESSES LOG PACKAGE...

PACKAGE is a dotted name: a package with all below it, a module, or a class. On standard output stands one JSON object a line:
{"test": dotted name, "result": "passed" | "failed" | "skipped", "why": last line of the failure, or the reason}. A class whose
preparation failed or was skipped says so of each of its tests; one that could not be cleaned up is a failed test "(clean-up)".
Tracebacks go to LOG. Ends with 0 however the tests ended, and with 1 if not all could be run.
"""

import fcntl
import importlib
import json
import os
import pkgutil
import re
import subprocess
import sys
import tempfile
import traceback
import unittest

SAID = re.compile(r"^(Details: |[\w.]*(Error|Exception|Mismatch|NotFound|Conflict|Request|Forbidden|Timeout)\w*\b)")


class Result(unittest.TestResult):
    def __init__(self, log):
        super().__init__()
        self.ended = {}
        self.log = log

    def note(self, test, result, why=""):
        # One that failed stays so: a clean-up after a pass or a skip may still fail.
        if self.ended.get(test.id(), ("",))[0] != "failed":
            self.ended[test.id()] = (result, why)

    def addSuccess(self, test):
        self.note(test, "passed")

    def addSkip(self, test, reason):
        self.note(test, "skipped", " ".join(str(reason).split()))

    def addFailure(self, test, error):
        text = "".join(traceback.format_exception(*error))
        self.log.write(f"== {test.id()}\n{text}\n".encode())
        lines = [line.strip() for line in str(error[1]).splitlines() if line.strip()]
        said = [line for line in lines if SAID.match(line)]
        self.note(test, "failed", f"{error[0].__name__}: {' '.join(said[-2:] or lines[-1:])}"[:400])

    addError = addFailure

    def addExpectedFailure(self, test, error):
        self.note(test, "passed")

    def addUnexpectedSuccess(self, test):
        self.note(test, "failed", "passed, which its authors do not expect")

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.addFailure(test, error)


def modules(name):
    try:
        found = importlib.import_module(name)
    except ModuleNotFoundError:
        return [(importlib.import_module(name.rpartition(".")[0]), name.rpartition(".")[2])]
    if not hasattr(found, "__path__"):
        return [(found, None)]
    below = [info.name for info in pkgutil.walk_packages(found.__path__, name + ".") if not info.ispkg]
    return [(importlib.import_module(one), None) for one in below if one.rpartition(".")[2].startswith("test_")]


def tests(suite):
    for one in suite:
        if isinstance(one, unittest.TestSuite):
            yield from tests(one)
        else:
            yield one


def classes(names):
    found = {}
    for name in names:
        for module, only in modules(name):
            for test in tests(unittest.defaultTestLoader.loadTestsFromModule(module)):
                kind = type(test)
                # Classes that a module only imports are run where they are.
                if kind.__module__ == module.__name__ and only in (None, kind.__name__):
                    found.setdefault(kind, set()).add(test.id())
    return sorted(found.items(), key=lambda item: (item[0].__module__, item[0].__name__))


def run(kind, ids, log):
    result = Result(log)
    unittest.TestSuite([unittest.defaultTestLoader.loadTestsFromTestCase(kind)]).run(result)
    before = next((end for test, end in result.ended.items() if test.startswith("setUpClass")), ("failed", "did not run"))
    ended = {test: result.ended.get(test, before) for test in ids}
    for test, end in result.ended.items():
        if test.startswith("tearDownClass"):
            ended[f"{kind.__module__}.{kind.__name__}.(clean-up)"] = end
    # What stands in brackets behind a name are tempest's attributes of it.
    return [{"test": test.partition("[")[0], "result": end[0], "why": end[1]} for test, end in sorted(ended.items())]


def work(turn, log, names):
    # What tests print goes with the errors: standard output has the results only.
    results = os.dup(1)
    os.dup2(2, 1)
    jobs = classes(names)
    with open(log, "ab", buffering=0) as told:
        while True:
            fcntl.lockf(turn, fcntl.LOCK_EX)
            mine = int(os.pread(turn, 20, 0) or b"0")
            os.pwrite(turn, str(mine + 1).encode(), 0)
            fcntl.lockf(turn, fcntl.LOCK_UN)
            if mine >= len(jobs):
                return
            for one in run(*jobs[mine], told):
                os.write(results, (json.dumps(one) + "\n").encode())


def main(processes, log, *names):
    # Each begins anew, and none by a fork: what the suites' libraries wait with (epoll) would be shared between them.
    with tempfile.TemporaryFile() as turn:
        command = [sys.executable, __file__, "--worker", str(turn.fileno()), log, *names]
        workers = [subprocess.Popen(command, pass_fds=[turn.fileno()]) for _ in range(int(processes))]
        sys.exit(1 if any([worker.wait() for worker in workers]) else 0)


if __name__ == "__main__":
    if sys.argv[1] == "--worker":
        work(int(sys.argv[2]), sys.argv[3], sys.argv[4:])
    else:
        main(*sys.argv[1:])
