"""Multiplies what land codes do to a surface, so that samples lie farther apart or nearer; that of the code 0 stays what it is, to the bit.

    python docs/training/widen.py OUT.safetensors MODEL FACTOR
"""

import array
import json
import sys

from average import read, write


def main():
    out, path, factor = sys.argv[1], sys.argv[2], float(sys.argv[3])
    header, data = read(path)
    body = bytearray(data)
    for name, tensor in header.items():
        if name.startswith("g_land.") and name.endswith(".modulation.weight"):
            begin, end = tensor["data_offsets"]
            values = array.array("f", data[begin:end])
            body[begin:end] = array.array("f", (factor * value for value in values)).tobytes()
    info = json.loads(header["__metadata__"]["declouder.info"])
    info["training"]["widened"] = factor
    write(out, header, body, info)


if __name__ == "__main__":
    main()
