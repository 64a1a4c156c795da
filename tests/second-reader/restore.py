#!/usr/bin/python3
"""A second reader of Holdfast's repository format, written from docs/format/repository-v1.md alone: it shares no line with the engine.

  restore.py REPOSITORY KEYFILE list
  restore.py REPOSITORY KEYFILE restore BACKUP_ID|latest TARGET [--volume VOLUME]

REPOSITORY is a folder. KEYFILE is a key file, or `-` for a passphrase on the first line of standard input. TARGET must not exist; it is
TARGET.partial until all of it is there. Exit codes: 0 done, 1 damage or refusal, 2 wrong usage.
Needs Python 3.9, python3-cryptography and python3-zstandard; for a passphrase python3-argon2 too."""

import base64
import collections
import contextlib
import hashlib
import hmac
import itertools
import json
import os
import struct
import sys
import uuid

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KIB, MIB = 1 << 10, 1 << 20
DATA, MAP = 1, 2
INDEX, MANIFEST = 1, 2
FAN_OUT, ID = 1024, 32
ZERO = bytes(ID)
NODE = FAN_OUT * ID
FRAME_LIMIT, OBJECT_LIMIT, ITEM_LIMIT = 4 * MIB, 256 * MIB, 65536
NAMES = {"hash": "hmac-sha-256", "cipher": "aes-256-gcm", "compressor": "zstd"}
FOLDERS = {DATA: "data", MAP: "map"}


class Refused(Exception):
    """What is there cannot be read, or may not be."""


def need(sound, message):
    if not sound:
        raise Refused(message)


@contextlib.contextmanager
def passed_over():
    try:
        yield
    except (Refused, OSError) as error:
        print(f"restore.py: {error}; passed over", file=sys.stderr)


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283


def header(data, magic, layout, what):
    """The values of a structure that begins with a magic and ends with its CRC."""
    size = struct.calcsize("<" + layout) + len(magic) + 4
    need(len(data) == size, f"{what} is cut off: {len(data)} bytes of {size}")
    found = data[:len(magic)]
    versioned = magic[-2:].isdigit() and found[:-2] == magic[:-2]
    need(found == magic, f"{what} has the unsupported version {found[-2:]}" if versioned else f"{what} is nothing of this format")
    need(crc32c(data[:-4]) == struct.unpack("<I", data[-4:])[0], f"the check of {what} is wrong")
    return struct.unpack("<" + layout, data[len(magic):-4])


def hkdf(key, salt, info):
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=info).derive(key)


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def opened(key, nonce, body, associated, what):
    try:
        return AESGCM(key).decrypt(nonce, body, associated)
    except InvalidTag:
        raise Refused(f"{what} does not open: it is damaged, or sealed with another key") from None


def unpacked(body, codec, length, what):
    need(codec in (0, 1), f"{what} has the unknown codec {codec}")
    if codec == 1:
        try:
            need(zstandard.frame_content_size(body) == length, f"{what} does not unpack to {length} bytes")
            body = zstandard.ZstdDecompressor().decompress(body, max_output_size=length)
        except zstandard.ZstdError as error:
            raise Refused(f"{what} does not unpack: {error}") from None
    need(len(body) == length, f"{what} has {len(body)} plain bytes, not {length}")
    return body


def checked_json(data, what):
    """`config` and the objects of `keys/`: JSON that ends with a check of itself."""
    mark = data.rfind(b'"check": "') + len(b'"check": "')
    need(mark >= len(b'"check": "'), f"{what} has no check")
    digits = data[mark:mark + 16]
    blank = data[:mark] + b"0" * 16 + data[mark + 16:]
    need(hashlib.sha256(blank).hexdigest()[:16].encode() == digits, f"the check of {what} is wrong")
    value = json.loads(data)
    need(value["format"] == 1, f"{what} has the unsupported format {value['format']}; this reads 1")
    return value


def known_names(value, what):
    for member, name in NAMES.items():
        need(value.get(member) == name, f"{what} has the unsupported {member} '{value.get(member)}'; this knows '{name}'")


Frame = collections.namedtuple("Frame", "pack kind item_size offset ordinal sealed items codec")


class Repository:
    def __init__(self, folder, key_file):
        self.folder = folder
        self.config = checked_json(self.read("config", MIB), "config")
        known_names(self.config, "config")
        self.uuid = bytes.fromhex(self.config["repository"])
        self.chunk_size = size = self.config["chunk_size"]
        need(16 * KIB <= size <= 4 * MIB and size & size - 1 == 0, f"config has the chunk size {size}")
        self.master = self.unwrapped(key_file)
        self.id_keys = {DATA: self.key(b"chunk id"), MAP: self.key(b"node id")}
        self.item_sizes = {DATA: self.chunk_size, MAP: NODE}
        self.items = {DATA: {}, MAP: {}}
        self.named = set()
        self.recent = collections.OrderedDict()

    def key(self, purpose):
        return hkdf(self.master, self.uuid, b"holdfast v1 " + purpose)

    def path(self, key):
        return os.path.join(self.folder, *key.split("/"))

    def read(self, key, limit):
        with open(self.path(key), "rb") as file:
            data = file.read(limit + 1)
        need(len(data) <= limit, f"{key} is longer than {limit} bytes")
        return data

    def names(self, folder):
        there = os.path.isdir(self.path(folder))
        return [f"{folder}/{name}" for name in sorted(os.listdir(self.path(folder)))] if there else []

    def unwrapped(self, key_file):
        kind = "passphrase" if key_file == "-" else "key-file"
        secret = sys.stdin.buffer.readline().rstrip(b"\r\n") if key_file == "-" else self.key_of(key_file)
        for name in (n for n in self.names("keys") if is_hex(n.split("/")[1])):
            with passed_over():
                wrapped = checked_json(self.read(name, MIB), name)
                if wrapped["kind"] != kind or wrapped["repository"] != self.config["repository"]:
                    continue
                salt, cost = bytes.fromhex(wrapped["salt"]), wrapped["argon2id"]
                wrapping = argon2id(secret, salt, cost) if cost else hkdf(secret, salt, b"holdfast v1 key file")
                associated = f"holdfast v1 key {wrapped['repository']} {wrapped['kind']} {wrapped['salt']}".encode("ascii")
                self.master = opened(wrapping, bytes.fromhex(wrapped["nonce"]), bytes.fromhex(wrapped["wrapped"]), associated, name)
                if hmac.compare_digest(mac(self.key(b"config"), self.signed_text()).hex(), self.config["mac"]):
                    return self.master
        raise Refused(f"none of the key objects of kind '{kind}' opens with this key, or config was changed by somebody without it")

    def key_of(self, path):
        with open(path, "rb") as file:
            text = file.read(4096).removeprefix(b"\xef\xbb\xbf").decode("ascii", "replace").replace("\r", "\n")
        lines = [line.strip(" \t") for line in text.split("\n") if line.strip(" \t")]
        need(lines[:1] == ["holdfast key 1"] and len(lines) == 4, f"{path} is no key file of version 1")
        words = [line.split(" ", 1)[-1] for line in lines]
        right = hashlib.sha256("".join(line + "\n" for line in lines[:3]).encode("ascii", "replace")).hexdigest()[:8]
        need(lines[3] == f"check {right}", f"the check of the key file {path} is wrong")
        need(words[1] == self.config["repository"], f"{path} is the key of the repository {words[1]}, this is {self.config['repository']}")
        return base64.b64decode(words[2], validate=True)

    def signed_text(self):
        members = ["format", "repository", "chunk_size", "pack_size", *NAMES, "compression", "era"]
        owner = self.config["owner"]
        return "".join(f"{text}\n" for text in [*(self.config[m] for m in members), "-" if owner is None else f"={owner}"]).encode()

    def sealed_object(self, name, number, kind):
        data = self.read(name, OBJECT_LIMIT + 64 + 16)
        found, codec, length, own, nonce, sealed = header(data[:64], b"HFOBJT01", "BB2xI16s12sI12x", name)
        need(found == kind, f"{name} is of type {found}, not {kind}")
        need(own == number, f"{name} says that it is {own.hex()}")
        need(length <= OBJECT_LIMIT and len(data) == 64 + sealed and sealed >= 16, f"{name} has lengths that cannot be")
        body = opened(self.key(b"object " + bytes([kind]) + own), nonce, data[64:], data[:64], name)
        return unpacked(body, codec, length, name)

    def read_index(self):
        """Notes where each item is. For packs that no index object names, their own directories stand in."""
        for name in (n for n in self.names("index") if is_hex(n.split("/")[1])):
            with passed_over():
                self.take_index(name, self.sealed_object(name, bytes.fromhex(name.split("/")[1]), INDEX))
        for kind, number in self.packs():
            if number not in self.named:
                with passed_over():
                    self.take_directory(number, kind, self.item_sizes[kind], self.directory(kind, number))

    def take_index(self, name, plain):
        version, superseded, packs = struct.unpack_from("<III4x", plain)
        need(version == 1, f"{name} has the unsupported version {version}; this reads 1")
        at = 16 + 16 * superseded
        for _ in range(packs):
            need(at + 44 <= len(plain), f"{name} is cut off")
            number, kind, item_size, length, frames, items = struct.unpack_from("<16sB3xIQII", plain, at)
            at += 40
            size = 16 * frames + ID * items
            need(self.item_sizes.get(kind) == item_size, f"{name} names a pack of kind {kind} with items of {item_size} bytes")
            need(at + size <= len(plain), f"{name} is cut off")
            path = self.path(pack_name(kind, number))
            there = os.path.isfile(path) and os.path.getsize(path) == length
            self.named.add(number)
            self.take_directory(number, kind, item_size, (frames, items, plain[at:at + size]), there)
            at += size
        need(at == len(plain), f"{name} has {len(plain) - at} bytes too many")

    def take_directory(self, number, kind, item_size, directory, there=True):
        frames, items, plain = directory
        at = 16 * frames
        for ordinal in range(frames):
            offset, sealed, count, codec = struct.unpack_from("<IIHB", plain, 16 * ordinal)
            need(at + ID * count <= len(plain), f"the directory of {pack_name(kind, number)} has fewer ids than its frames hold")
            frame = Frame(number, kind, item_size, offset, ordinal, sealed, count, codec)
            for place in range(count):
                item = plain[at:at + ID]
                if there or item not in self.items[kind]:
                    self.items[kind][item] = (frame, place)
                at += ID
        need(at == len(plain), f"the directory of {pack_name(kind, number)} has more ids than its frames hold")

    def manifests(self):
        found = []
        for text in (name.split("/")[1] for name in self.names("manifests")):
            if is_hex(text.replace("-", "")) and str(uuid.UUID(text)) == text:
                with passed_over():
                    found.append(self.manifest(uuid.UUID(text)))
        return found

    def manifest(self, number):
        name = f"manifests/{number}"
        value = json.loads(self.sealed_object(name, number.bytes, MANIFEST))
        need(value["version"] == 1, f"{name} has the unsupported version {value['version']}; this reads 1")
        need(value["backup"] == str(number), f"{name} says that it is {value['backup']}")
        known_names(value, name)
        need(value["chunk_size"] == self.chunk_size, f"{name} has the chunk size {value['chunk_size']}, config {self.chunk_size}")
        need(value["levels"] == levels_for(chunk_count(value)), f"{name} has {value['levels']} levels")
        return value

    def packs(self):
        for kind, folder in FOLDERS.items():
            for name in (name for below in self.names(folder) for name in self.names(below)):
                if is_hex(name.split("/")[2]):
                    yield kind, bytes.fromhex(name.split("/")[2])

    def directory(self, kind, number):
        """Frame count, item count and plain bytes of a pack's own directory."""
        name = pack_name(kind, number)
        key = self.key(b"pack " + number)
        with open(self.path(name), "rb") as file:
            length = file.seek(0, os.SEEK_END)
            need(length >= 64 + 32 + 32, f"{name} is cut off")
            file.seek(0)
            head = file.read(64)
            found, item_size, own, repository = header(head, b"HFPACK01", "B3xI16s16s12x", name)
            need((found, item_size, own, repository) == (kind, self.item_sizes[kind], number, self.uuid), f"{name} is another pack")
            file.seek(length - 32)
            at, size = header(file.read(32), b"HFPEND01", "QI8x", f"the footer of {name}")
            need(64 <= at and size >= 48 and at + size + 32 == length, f"{name} has a directory of lengths that cannot be")
            file.seek(at)
            second = file.read(32)
            frames, items, plain, sealed = header(second, b"HFDR", "IIII8x", f"the directory of {name}")
            sizes = items <= ITEM_LIMIT and plain == 16 * frames + ID * items and sealed == plain + 16 == size - 32
            need(sizes, f"{name} has a directory of lengths that cannot be")
            return frames, items, opened(key, b"\xff" * 4 + bytes(8), file.read(sealed), head + second, f"the directory of {name}")

    def plain(self, frame, where):
        """The items of a frame, one behind the other; the last few frames are kept."""
        if frame in self.recent:
            self.recent.move_to_end(frame)
            return self.recent[frame]
        what = f"{where}frame {frame.ordinal} of {pack_name(frame.kind, frame.pack)}"
        length = frame.items * frame.item_size
        need(0 < length <= FRAME_LIMIT and 16 <= frame.sealed <= length + 16, f"{what} has lengths that cannot be")
        with open(self.path(pack_name(frame.kind, frame.pack)), "rb") as file:
            file.seek(frame.offset)
            head, body = file.read(32), file.read(frame.sealed)
        ordinal, items, codec, plain, sealed = header(head, b"HFRM", "IHBxII8x", what)
        said = (frame.ordinal, frame.items, frame.codec, length, frame.sealed)
        need((ordinal, items, codec, plain, sealed) == said, f"{what} is not what the index says")
        nonce = struct.pack("<I8x", ordinal)
        value = unpacked(opened(self.key(b"pack " + frame.pack), nonce, body, head, what), codec, length, what)
        self.recent[frame] = value
        if len(self.recent) > 32:
            self.recent.popitem(last=False)
        return value

    def item(self, kind, number, where=""):
        need(number in self.items[kind], f"{where}no index object knows the {FOLDERS[kind]} item {number.hex()}")
        frame, place = self.items[kind][number]
        value = self.plain(frame, where)[place * frame.item_size:(place + 1) * frame.item_size]
        need(mac(self.id_keys[kind], value) == number, f"{where}an item of {pack_name(kind, frame.pack)} is not what its id says")
        return value

    def chunks(self, number, level, first, end):
        """Number and id of each chunk below a node that is not all zeros."""
        if number == ZERO or first >= end:
            return
        node, below = self.item(MAP, number), FAN_OUT ** (level - 1)
        for place in range(FAN_OUT):
            entry = node[place * ID:(place + 1) * ID]
            if entry != ZERO:
                need(first + place * below < end, f"node {number.hex()} names something behind the volume's end")
                if level == 1:
                    yield first + place, entry
                else:
                    yield from self.chunks(entry, level - 1, first + place * below, end)

    def restore(self, manifest, target):
        self.read_index()
        size, step = manifest["volume_size"], self.chunk_size
        need(not os.path.lexists(target), f"{target} is there already")
        with open(os.open(target + ".partial", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.truncate(size)
            for chunk, number in self.chunks(bytes.fromhex(manifest["root"]), manifest["levels"], 0, chunk_count(manifest)):
                value = self.item(DATA, number, f"offset {chunk * step}: ")
                need(not any(value[max(0, size - chunk * step):]), f"the last chunk {number.hex()} is not filled up with zeros")
                file.seek(chunk * step)
                file.write(value[:size - chunk * step])
            file.flush()
            os.fsync(file.fileno())
        os.rename(target + ".partial", target)

def argon2id(passphrase, salt, cost):
    from argon2.low_level import Type, hash_secret_raw
    need(cost["memory_kib"] <= 4 * MIB and cost["passes"] <= 1000, "the key object asks for too much memory or too many passes")
    return hash_secret_raw(passphrase, salt, cost["passes"], cost["memory_kib"], cost["parallelism"], 32, Type.ID)


def pack_name(kind, number):
    return f"{FOLDERS[kind]}/{number.hex()[:2]}/{number.hex()}"


def is_hex(name):
    return len(name) == 32 and not set(name) - set("0123456789abcdef")


def chunk_count(manifest):
    return -(-manifest["volume_size"] // manifest["chunk_size"])


def levels_for(chunks):
    return next(levels for levels in itertools.count(1) if FAN_OUT ** levels >= chunks)


def chosen(repository, which, volume):
    if which != "latest":
        return repository.manifest(uuid.UUID(which))
    found = [m for m in repository.manifests() if volume in (None, m["volume"])]
    volumes = sorted({m["volume"] for m in found})
    need(found, "there is no backup")
    need(len(volumes) == 1, f"there are backups of several volumes, say --volume: {', '.join(volumes)}")
    return max(found, key=lambda m: (m["number"], m["backup"]))


def main(words):
    volume = None
    if len(words) == 7 and words[5] == "--volume":
        volume, words = words[6], words[:5]
    if not (len(words) == 3 and words[2] == "list" or len(words) == 5 and words[2] == "restore"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        repository = Repository(words[0], words[1])
        if words[2] == "list":
            for m in sorted(repository.manifests(), key=lambda m: (m["volume"], m["number"])):
                print(m["backup"], m["number"], m["consistency"], m["volume_size"], m["finished_at"], m["volume"])
        else:
            repository.restore(chosen(repository, words[3], volume), words[4])
    except (Refused, OSError, ValueError, KeyError, TypeError, struct.error) as error:
        print(f"restore.py: {error if isinstance(error, (Refused, OSError)) else repr(error)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
