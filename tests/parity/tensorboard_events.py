"""Writes the records that TensorBoard's own event writer makes: tensorboard_events.json (bytes in hexadecimal).

With a folder as argument: reads a run's event files back and prints tags, counts and last values.
"""

import io
import json
import sys
from pathlib import Path


def records():
    from tensorboard.compat.proto import event_pb2, summary_pb2
    from tensorboard.summary.writer.record_writer import RecordWriter

    wall_time = 1_700_000_000.25
    value = summary_pb2.Summary.Value
    scalars = [("losses/cycle_a", 0.125), ("rate/generator", 0.0), ("µ", -3.5)]
    image = summary_pb2.Summary.Image(height=480, width=640, colorspace=3, encoded_image_string=bytes(range(256)))
    events = {
        "version": event_pb2.Event(wall_time=wall_time, file_version="brain.Event:2"),
        "start": event_pb2.Event(
            wall_time=wall_time, step=300, session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START)
        ),
        "scalars": event_pb2.Event(
            wall_time=wall_time,
            step=1234,
            summary=summary_pb2.Summary(value=[value(tag=tag, simple_value=number) for tag, number in scalars]),
        ),
        "image": event_pb2.Event(
            wall_time=wall_time, step=7, summary=summary_pb2.Summary(value=[value(tag="samples", image=image)])
        ),
    }
    made = {}
    for name, event in events.items():
        out = io.BytesIO()
        RecordWriter(out).write(event.SerializeToString())
        made[name] = out.getvalue().hex()
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(made, indent=1) + "\n")


def read(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(folder, size_guidance={"scalars": 0, "images": 0})
    events.Reload()
    tags = events.Tags()
    for tag in tags["scalars"]:
        points = events.Scalars(tag)
        steps = [point.step for point in points]
        assert steps == sorted(set(steps)), f"{tag}: steps come twice or backwards"
        print(f"{tag}: {len(points)} points, steps {steps[0]} to {steps[-1]}, last {points[-1].value:.6g}")
    for tag in tags["images"]:
        images = events.Images(tag)
        print(f"{tag}: {len(images)} images, last {images[-1].width} x {images[-1].height}")


if __name__ == "__main__":
    read(sys.argv[1]) if len(sys.argv) > 1 else records()
