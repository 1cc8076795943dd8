//! Whether a raster file is as long as it says, so that a broken download is named when it is
//! opened and not in the middle of the work.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use gdal::{Dataset, Metadata};

use crate::raster::content::{self, Content};
use crate::raster::{Error, Result};

/// Checks a plain file that `dataset` was opened from.
///
/// # Errors
/// [`Error::Damaged`] where its pixels do not end inside the file.
pub(super) fn check(dataset: &Dataset, path: &Path) -> Result<()> {
    let io = |error| Error::io(path, "reading the file", error);
    match content::of(path)? {
        Content::Tiff => {
            let length = std::fs::metadata(path).map_err(io)?.len();
            let end = tiff_end(dataset);
            if end > length {
                return Err(truncated(path, length, &format!("its pixels end at byte {end}")));
            }
        }
        Content::Jpeg2000 => {
            let mut file = File::open(path).map_err(io)?;
            let length = file.metadata().map_err(io)?.len();
            if let Some(problem) = jpeg2000_problem(&mut file, length).map_err(io)? {
                return Err(truncated(path, length, &problem));
            }
        }
        _ => {}
    }
    Ok(())
}

fn truncated(path: &Path, length: u64, problem: &str) -> Error {
    Error::damaged(
        path,
        format!("the file is truncated: it has {length} bytes, but {problem}; fetch it again"),
    )
}

/// Where the last tile or strip of a TIFF ends, by its own tables.
fn tiff_end(dataset: &Dataset) -> u64 {
    let shared = dataset.metadata_item("INTERLEAVE", "IMAGE_STRUCTURE").as_deref() == Some("PIXEL");
    let bands = if shared { 1 } else { dataset.raster_count() };
    (1..=bands)
        .filter_map(|index| dataset.rasterband(index).ok())
        .map(|band| band_end(&band))
        .max()
        .unwrap_or(0)
}

fn band_end(band: &gdal::raster::RasterBand<'_>) -> u64 {
    let (width, height) = band.size();
    let (block_width, block_height) = band.block_size();
    if block_width == 0 || block_height == 0 {
        return 0;
    }
    let number = |item: &str, x: usize, y: usize| -> u64 {
        // A sparse block has neither; it is a hole on purpose.
        band.metadata_item(&format!("{item}_{x}_{y}"), "TIFF").and_then(|text| text.parse().ok()).unwrap_or(0)
    };
    let columns = width.div_ceil(block_width);
    (0..height.div_ceil(block_height))
        .flat_map(|y| (0..columns).map(move |x| (x, y)))
        .map(|(x, y)| number("BLOCK_OFFSET", x, y).saturating_add(number("BLOCK_SIZE", x, y)))
        .max()
        .unwrap_or(0)
}

/// Whether a JPEG 2000 codestream ends inside the file with its end marker (ISO/IEC 15444-1,
/// annexes A.4.4 and I.4).
fn jpeg2000_problem(file: &mut File, length: u64) -> std::io::Result<Option<String>> {
    let end = match codestream_end(file, length)? {
        Some(end) if end <= length => end,
        Some(end) => return Ok(Some(format!("its codestream ends at byte {end}"))),
        None => return Ok(Some("it holds no codestream".into())),
    };
    let mut marker = [0_u8; 2];
    file.seek(SeekFrom::Start(end.saturating_sub(2)))?;
    file.read_exact(&mut marker)?;
    Ok((marker != [0xff, 0xd9]).then(|| "its codestream has no end marker".into()))
}

/// Where the codestream should end: found by walking the boxes of a JP2 file.
fn codestream_end(file: &mut File, length: u64) -> std::io::Result<Option<u64>> {
    let mut start = 0_u64;
    // A JP2 file has a handful of boxes; the bound keeps a hostile one short.
    for _ in 0..1000 {
        let mut head = [0_u8; 16];
        file.seek(SeekFrom::Start(start))?;
        let read = read_up_to(file, &mut head)?;
        if start == 0 && head.starts_with(b"\xff\x4f\xff\x51") {
            return Ok(Some(length));
        }
        if read < 8 {
            return Ok(None);
        }
        let short = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        let size = match short {
            0 => length - start,
            1 if read == 16 => u64::from_be_bytes([
                head[8], head[9], head[10], head[11], head[12], head[13], head[14], head[15],
            ]),
            other => other,
        };
        let end = start.saturating_add(size);
        if &head[4..8] == b"jp2c" {
            return Ok(Some(end));
        }
        if size < 8 || end >= length {
            return Ok(None);
        }
        start = end;
    }
    Ok(None)
}

fn read_up_to(file: &mut File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match file.read(&mut buffer[done..])? {
            0 => break,
            count => done += count,
        }
    }
    Ok(done)
}
