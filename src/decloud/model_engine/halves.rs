//! A tile that does not fit into memory is made in halves, and those in halves, until it does.

use crate::compute::{Compute, Fault};
use crate::decloud::clouds::CELL;
use crate::decloud::{Error, Result};
use crate::networks::NetworkConfig;
use crate::raster::Window;

use super::made::Rendered;

/// Sides below which a tile is mostly apron, and halving it saves nothing.
const LEAST_PX: usize = 64;
/// Share of the free memory that networks may take: the scene's blocks, GDAL and others need the rest.
const SHARE: f64 = 0.5;

/// How many pixels go through the networks at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Pixels of a tile with its apron.
    pub pixels: usize,
}

impl Room {
    /// The room of a device, for the networks of a configuration.
    ///
    /// On the CPU an allocation that fails ends the process, so it is estimated ahead: Flex holds about three
    /// feature maps at a time (measured: 400 bytes a pixel with 32 channels), the image, its fill and the
    /// surfaces of all samples. On a GPU the largest tensor must fit into one binding; an allocation that
    /// fails there is an error that is met by halving too.
    pub fn of(compute: &Compute, config: &NetworkConfig, samples: u32) -> Self {
        let bands = config.bands.len();
        if let Some(setup) = &compute.setup {
            let limits = setup.device.limits();
            let binding = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
            let largest = 4 * config.width.max(2 * bands + 1) as u64;
            return Self { pixels: usize::try_from(binding / largest).unwrap_or(usize::MAX) };
        }
        let bytes = 4 * (3 * config.width + (4 + samples as usize) * bands + 2);
        let free = free_memory().map_or(f64::INFINITY, |bytes| bytes as f64);
        Self { pixels: (free * SHARE / bytes as f64) as usize }
    }
}

/// Bytes that can be had without swapping (Linux: `MemAvailable`, and what the control group leaves); none
/// where the system does not say.
fn free_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let free = line.split_whitespace().next()?.parse::<u64>().ok()? * 1024;
    let number = |name: &str| {
        let text = std::fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok()?;
        text.trim().parse::<u64>().ok()
    };
    let group = number("memory.max").zip(number("memory.current"));
    Some(group.map_or(free, |(most, now)| free.min(most.saturating_sub(now))))
}

/// Makes a window in one go where `pixels_seen` of it fit the room, else in halves; a window that turns out
/// not to fit is halved too.
pub(super) fn in_halves(
    window: Window,
    room: Room,
    seen: &dyn Fn(Window) -> Window,
    make: &dyn Fn(Window) -> Result<Rendered>,
) -> Result<Rendered> {
    let parts = halves(window);
    let fits = seen(window).len() <= room.pixels;
    let Some(parts) = parts else { return make(window) };
    if fits {
        match make(window) {
            Err(Error::Fault(Fault::Memory(words))) => {
                tracing::info!("{} × {} pixels are made in halves: {words}", window.width, window.height);
            }
            done => return done,
        }
    }
    let made = parts.iter().map(|&part| Ok((part, in_halves(part, room, seen, make)?)));
    let made = made.collect::<Result<Vec<_>>>()?;
    Ok(Rendered::joined(window, &made))
}

/// The halves of a window along its longer side, cut at a multiple of the networks' cell.
fn halves(window: Window) -> Option<[Window; 2]> {
    let Window { x, y, width, height } = window;
    if width.max(height) <= LEAST_PX {
        return None;
    }
    let cut = |start: usize, length: usize| ((start + length / 2) / CELL * CELL).max(start + 1) - start;
    Some(if width >= height {
        let left = cut(x, width);
        [Window::new(x, y, left, height), Window::new(x + left, y, width - left, height)]
    } else {
        let top = cut(y, height);
        [Window::new(x, y, width, top), Window::new(x, y + top, width, height - top)]
    })
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::raster::Plane;

    /// A surface that says where each pixel lies.
    fn places(window: Window) -> Rendered {
        let value = |i: usize| ((window.y + i / window.width) * 1000 + window.x + i % window.width) as f32;
        let plane =
            Plane::from_vec(window.width, window.height, (0..window.len()).map(value).collect::<Vec<_>>());
        Rendered { spread: Some(plane.map(|value| -value)), planes: vec![plane] }
    }

    #[test]
    fn what_does_not_fit_is_made_in_halves_and_put_together_again() {
        let window = Window::new(13, 40, 300, 150);
        let made = RefCell::new(Vec::new());
        let make = |part: Window| {
            made.borrow_mut().push(part);
            // What an allocation beyond the device's memory gives.
            if part.len() > 12_000 {
                Err(Error::Fault(Fault::Memory("full".into())))
            } else {
                Ok(places(part))
            }
        };
        // The estimate lets everything pass: only failures halve.
        let whole = in_halves(window, Room { pixels: usize::MAX }, &|part| part, &make).expect("it fits");
        let expected = places(window);
        assert_eq!(whole.planes, expected.planes);
        assert_eq!(whole.spread, expected.spread);
        assert!(made.borrow().iter().any(|part| part.len() > 12_000));
        // With the estimate nothing is tried that cannot fit.
        made.borrow_mut().clear();
        let room = Room { pixels: 9_000 };
        let whole = in_halves(window, room, &|part| part, &make).expect("it fits");
        assert_eq!(whole.planes, expected.planes);
        assert!(made.borrow().iter().all(|part| part.len() <= 9_000));
    }

    #[test]
    fn what_never_fits_is_an_error_that_says_what_to_do() {
        let make = |_: Window| Err(Error::Fault(Fault::Memory("full".into())));
        let room = Room { pixels: usize::MAX };
        let error = in_halves(Window::new(0, 0, 512, 512), room, &|part| part, &make).err();
        assert!(error.is_some_and(|error| error.to_string().contains("--tile")));
        let make = |_: Window| Err(Error::Fault(Fault::Lost("gone".into())));
        let error = in_halves(Window::new(0, 0, 512, 512), room, &|part| part, &make).err();
        assert!(matches!(error, Some(Error::Fault(Fault::Lost(_)))), "a lost device is not tried again");
    }

    #[test]
    fn the_room_of_this_machine_is_more_than_a_tile() {
        let compute = crate::compute::open(crate::compute::Choice::Cpu).expect("Flex needs nothing");
        let few = Room::of(&compute, &NetworkConfig::default(), 0);
        let many = Room::of(&compute, &NetworkConfig::default(), 16);
        assert!(many.pixels < few.pixels && many.pixels > 64 * 64);
    }
}
