"""The hashes of src/batch/hash.rs, written again from their description. Prints the golden values of its test."""

import hashlib
import struct

ROWS = [
    {"size": 1.5, "code": "601"},
    {},
    {"size": 0.0, "code": "ñ"},
    {"size": ("bad", "abc"), "code": ""},
]
KINDS = {"size": b"n", "code": b"c"}


def text(kind, value):
    data = value.encode()
    return kind + struct.pack("<Q", len(data)) + data


def encode(row, columns):
    out = b""
    for name in sorted(columns, key=str.encode):
        if name not in row:
            continue
        value = row[name]
        tag = hashlib.sha256(KINDS[name] + name.encode()).digest()[:8]
        if isinstance(value, tuple):
            out += tag + text(b"b", value[1])
        elif isinstance(value, float):
            out += tag + b"n" + struct.pack("<d", value + 0.0)
        else:
            out += tag + text(b"c", value)
    return out


digests = [hashlib.sha256(b"r" + encode(row, KINDS)).digest() for row in ROWS]
content = hashlib.sha256(b"tidewheel-batch-1" + struct.pack("<Q", len(digests)) + b"".join(digests))
print("content", content.hexdigest())
for digest in digests:
    print("row 0x" + digest[:16].hex())
salt = b"p"
for row in ROWS:
    typed = {name: value for name, value in row.items() if not isinstance(value, tuple)}
    key = hashlib.sha256(b"k" + struct.pack("<Q", len(salt)) + salt + encode(typed, KINDS)).digest()
    print("key 0x" + key[:8].hex())
