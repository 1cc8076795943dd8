"""Averages the weights of models that were trained further from the same one.

    python docs/training/average.py OUT.safetensors MODEL MODEL...

The configuration and range of values are the first model's and have to be the others'; the training that the file tells of is that of
all of them, and the validation figures, which belong to none of the averages, are left out.
"""

import array
import json
import struct
import sys


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    (size,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + size]), data[8 + size :]


def write(path, header, body, info):
    """Writes a model with what it says of its training; figures of a validation are not its own any more."""
    header["__metadata__"]["declouder.info"] = json.dumps({**info, "metrics": {}})
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + body)


def main():
    out, paths = sys.argv[1], sys.argv[2:]
    files = [read(path) for path in paths]
    header, body = files[0][0], bytearray(files[0][1])
    about = [head["__metadata__"] for head, _ in files]
    # Files from before there was a choice mean these.
    old = {"declouder.network": {"context": True, "spatial_code": True}, "declouder.encoding": {}}
    for key, meant in old.items():
        found = [{**meant, **json.loads(text[key])} for text in about]
        if any(one != found[0] for one in found):
            sys.exit(f"the models differ in {key}")
    for name, tensor in header.items():
        if name == "__metadata__":
            continue
        parts = []
        for head, data in files:
            begin, end = head[name]["data_offsets"]
            parts.append(array.array("f", data[begin:end]))
        begin, end = tensor["data_offsets"]
        mean = array.array("f", (sum(values) / len(files) for values in zip(*parts)))
        body[begin:end] = mean.tobytes()
    infos = [json.loads(text["declouder.info"]) for text in about]
    infos[0]["training"] = {"average_of": [info["training"] for info in infos]}
    write(out, header, body, infos[0])


if __name__ == "__main__":
    main()
