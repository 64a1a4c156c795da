#!/usr/bin/python3
"""Runs a command line that is written in Python without its start, most of which is imports: 1.5 s where the command itself takes 0.1 s.

    forked.py serve FOLDER NAME MODULE [MODULE...]

imports the modules, makes the executable FOLDER/NAME, says "ready" and serves until its standard input ends. FOLDER/NAME does what
main() of the first module does, each time in a fork of this process, with the arguments, environment, folder and standard streams that
it was started with itself, and ends as that ends.

    forked.py run SOCKET ARGUMENT...      what FOLDER/NAME does
"""

import json
import os
import select
import signal
import socket
import sys
import traceback

PYTHON = "/usr/bin/python3"
LARGEST = 1 << 17


def exit_code(main):
    try:
        sys.exit(main())
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    return 1


def answer(asked, name, main):
    message, streams, _, _ = socket.recv_fds(asked, LARGEST, 3)
    told = json.loads(message)
    for stream, own in zip(streams, (0, 1, 2)):
        os.dup2(stream, own)
        os.close(stream)
    os.chdir(told["folder"])
    os.environ.clear()
    os.environ.update(told["environment"])
    sys.argv = [name, *told["arguments"]]
    code = exit_code(main)
    sys.stdout.flush()
    sys.stderr.flush()
    asked.send(str(code & 0xFF).encode())


def serve(folder, name, *modules):
    # Not at the top: a command's start is what this is about.
    import importlib
    import shlex

    main = [importlib.import_module(module) for module in modules][0].main
    path = os.path.join(folder, name)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.bind(path + ".socket")
    listening.listen(64)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\nexec {PYTHON} -SE {shlex.quote(os.path.abspath(__file__))} run {shlex.quote(path)}.socket \"$@\"\n")
    os.chmod(path, 0o700)
    # Nobody waits for the children: each tells its code itself.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    # Standard input is not read, and what may be read of it later is the command's: whatever comes there ends this.
    while 0 not in select.select([listening, 0], [], [])[0]:
        asked, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                answer(asked, name, main)
            finally:
                os._exit(0)
        asked.close()


def run(path, *arguments):
    asked = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    asked.connect(path)
    told = {"arguments": arguments, "environment": dict(os.environ), "folder": os.getcwd()}
    socket.send_fds(asked, [json.dumps(told).encode()], [0, 1, 2])
    code = asked.recv(16)
    if not code:
        sys.exit("forked.py: the command ended without telling how")
    sys.exit(int(code))


if __name__ == "__main__":
    (serve if sys.argv[1] == "serve" else run)(*sys.argv[2:])
