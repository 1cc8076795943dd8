//! `tensorboard.Event` in protocol buffers' wire format, the few fields that are needed
//! (`tensorboard/compat/proto/event.proto`, `summary.proto`).

/// What an event tells.
pub(super) enum What<'a> {
    /// The first event of a file.
    Version,
    /// A run goes on here: what was told of later steps is void.
    Start,
    /// Numbers by tag.
    Scalars(&'a [(String, f64)]),
    /// A PNG with its width and height.
    Image(&'a str, &'a [u8], (u32, u32)),
}

/// An event's bytes.
pub(super) fn encoded(wall_time: f64, step: u64, what: &What<'_>) -> Vec<u8> {
    let mut event = Message::default();
    event.double(1, wall_time);
    event.integer(2, step);
    match what {
        What::Version => event.bytes(3, b"brain.Event:2"),
        What::Start => {
            let mut log = Message::default();
            log.integer(1, 1);
            event.bytes(7, &log.0);
        }
        What::Scalars(scalars) => {
            let mut summary = Message::default();
            for (tag, number) in *scalars {
                let mut value = Message::default();
                value.bytes(1, tag.as_bytes());
                value.float(2, *number as f32);
                summary.bytes(1, &value.0);
            }
            event.bytes(5, &summary.0);
        }
        What::Image(tag, png, (width, height)) => {
            let mut image = Message::default();
            image.integer(1, u64::from(*height));
            image.integer(2, u64::from(*width));
            // Three channels: RGB.
            image.integer(3, 3);
            image.bytes(4, png);
            let mut value = Message::default();
            value.bytes(1, tag.as_bytes());
            value.bytes(4, &image.0);
            let mut summary = Message::default();
            summary.bytes(1, &value.0);
            event.bytes(5, &summary.0);
        }
    }
    event.0
}

/// A message that grows field by field, in the order of their numbers.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn key(&mut self, field: u64, wire: u64) {
        self.varint(field << 3 | wire);
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    /// A varint; 0 is the default and is left out, as the reference writer does.
    fn integer(&mut self, field: u64, value: u64) {
        if value != 0 {
            self.key(field, 0);
            self.varint(value);
        }
    }

    fn double(&mut self, field: u64, value: f64) {
        self.key(field, 1);
        self.0.extend(value.to_le_bytes());
    }

    /// A float of a oneof, which is written even where it is 0.
    fn float(&mut self, field: u64, value: f32) {
        self.key(field, 5);
        self.0.extend(value.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, value: &[u8]) {
        self.key(field, 2);
        self.varint(value.len() as u64);
        self.0.extend(value);
    }
}
