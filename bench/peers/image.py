"""The image that is backed up: an ext4 file system full of real files of the machine, and deterministic changes to it."""

import hashlib
import os
import random
import shutil
import subprocess
import zlib

ROOTS = ["/usr"]
MIB = 1 << 20
PAGE = 8192
BLOCK = 4096
INODE = 256


def build(image, stage, mebibytes):
    """Fills an ext4 image with real files of /usr (the .NET SDK is among them on most machines). The same machine gives the same
    image content."""
    found = []
    for root in ROOTS:
        for folder, _, names in os.walk(root):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    found.append(path)

    # An order that mixes programs, libraries, documents and data, and is the same every time.
    found.sort(key=lambda path: hashlib.md5(path.encode("utf-8", "surrogateescape")).digest())
    taken = total = room = 0
    folders = set()
    for path in found:
        size = os.path.getsize(path)
        if total + size > mebibytes * MIB:
            continue
        copy(path, str(stage) + path)
        taken += 1
        total += size
        # Small files and folders take whole blocks, and each an inode.
        room += -(-size // BLOCK) * BLOCK + INODE
        folders.add(os.path.dirname(path))

    room += len(folders) * 2 * BLOCK
    with open(image, "wb") as file:
        file.truncate((int(room * 1.08) // MIB + 64) * MIB)
    subprocess.check_call(["mkfs.ext4", "-q", "-F", "-d", str(stage), str(image)], stdout=subprocess.DEVNULL)
    shutil.rmtree(stage)
    return taken, total


def copy(source, target):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def data_pages(file, size):
    """Offsets of the pages that lie in data, not in holes."""
    at = 0
    while at < size:
        try:
            start = os.lseek(file, at, os.SEEK_DATA)
        except OSError:
            return
        end = os.lseek(file, start, os.SEEK_HOLE)
        yield from range((start + PAGE - 1) // PAGE * PAGE, end - PAGE + 1, PAGE)
        at = end


def change(image, share, seed):
    """Overwrites a share of the image's size in scattered 8 KiB pages: half random bytes, half text, as a database's pages are.
    Returns the bytes."""
    chance = random.Random(seed)
    size = os.path.getsize(image)
    file = os.open(image, os.O_RDWR)
    pages = list(data_pages(file, size))
    chosen = chance.sample(pages, min(len(pages), int(size * share) // PAGE))
    for page in chosen:
        text = b"".join(b"row %012d balance %09d;" % (chance.randrange(10**12), chance.randrange(10**9)) for _ in range(120))
        os.pwrite(file, chance.randbytes(PAGE // 2) + text[:PAGE // 2], page)
    os.fsync(file)
    os.close(file)
    return len(chosen) * PAGE


def compressed(path, source, mebibytes):
    """A file of what is compressed already: zlib's output for the data of another image, one MiB after the other."""
    with open(source, "rb") as plain, open(path, "wb") as file:
        while file.tell() < mebibytes * MIB and (block := plain.read(MIB)):
            if block.count(0) < len(block) // 2:
                file.write(zlib.compress(block, 1))
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def sparse(path, gibibytes, mebibytes=20):
    """A file of one hole but for so many MiB, one here and one there."""
    chance = random.Random(64)
    step = (gibibytes << 30) // mebibytes
    with open(path, "wb") as file:
        file.truncate(gibibytes << 30)
        for i in range(mebibytes):
            file.seek(i * step + step // 2 // MIB * MIB)
            file.write(chance.randbytes(MIB))
        file.flush()
        os.fsync(file.fileno())
