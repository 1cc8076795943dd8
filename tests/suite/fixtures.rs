//! Rasters and products made for a test: small ones from nothing, and a SAFE product of full native
//! sizes from real metadata and real pixels.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use declouder::bands::{Band, L1C};
use gdal::raster::{Buffer, GdalType, RasterCreationOptions};
use gdal::spatial_ref::SpatialRef;
use gdal::{Dataset, DriverManager, Metadata};

use super::support::shared;

/// Place of a north-up raster of 10 m pixels in UTM zone 33N.
pub const PLACED: [f64; 6] = [500_000.0, 10.0, 0.0, 4_200_000.0, 0.0, -10.0];

/// What a raster made for a test is like.
pub struct Raster<'a> {
    pub width: usize,
    pub height: usize,
    /// Descriptions of its bands, `""` for none.
    pub bands: &'a [&'a str],
    pub geotransform: Option<[f64; 6]>,
    pub epsg: Option<u32>,
    /// GDAL creation options, `KEY=VALUE`.
    pub options: &'a [&'a str],
}

impl Default for Raster<'_> {
    fn default() -> Self {
        Self {
            width: 16,
            height: 12,
            bands: &["B02", "B03", "B04", "B08"],
            geotransform: Some(PLACED),
            epsg: Some(32633),
            options: &[],
        }
    }
}

impl Raster<'_> {
    /// Writes a GeoTIFF whose value at column x, row y of band b is `value(b, x, y)`.
    pub fn write<T: GdalType + Copy>(&self, path: &Path, value: impl Fn(usize, usize, usize) -> T) {
        let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
        let options = self.options.iter().copied().collect::<RasterCreationOptions>();
        let mut dataset = driver
            .create_with_band_type_with_options::<T, _>(
                path,
                self.width,
                self.height,
                self.bands.len(),
                &options,
            )
            .unwrap();
        if let Some(geotransform) = self.geotransform {
            dataset.set_geo_transform(&geotransform).unwrap();
        }
        if let Some(epsg) = self.epsg {
            dataset.set_spatial_ref(&SpatialRef::from_epsg(epsg).unwrap()).unwrap();
        }
        for (index, description) in self.bands.iter().enumerate() {
            let mut band = dataset.rasterband(index + 1).unwrap();
            if !description.is_empty() {
                band.set_description(description).unwrap();
            }
            let values = (0..self.width * self.height)
                .map(|at| value(index, at % self.width, at / self.width))
                .collect();
            let size = (self.width, self.height);
            band.write((0, 0), size, &mut Buffer::new(size, values)).unwrap();
        }
        dataset.close().unwrap();
    }
}

/// A value that differs from band to band and pixel to pixel and is never 0.
pub fn ramp(band: usize, x: usize, y: usize) -> u16 {
    (1000 + band * 100 + x * 7 + y * 13) as u16
}

/// Copies a raster as lossless JPEG 2000.
pub fn to_jpeg2000(from: &Path, to: &Path) {
    let source = Dataset::open(from).unwrap();
    let driver = DriverManager::get_driver_by_name("JP2OpenJPEG").unwrap();
    let options = RasterCreationOptions::from_iter(["QUALITY=100", "REVERSIBLE=YES"]);
    source.create_copy(&driver, to, &options).unwrap().close().unwrap();
}

/// A Level-1C SAFE product of 13 bands at native 10, 20 and 60 m: the metadata of the real zipped
/// product, the pixels of the real Virginia scene as JPEG 2000. `edit` may change the product's XML.
///
/// `None` where the shared data is not there.
pub fn l1c_safe(folder: &Path, edit: impl Fn(String) -> String) -> Option<PathBuf> {
    let archive = fs::read_dir(shared("s2-safe")?.join("l1c-zip")).unwrap().next()?.unwrap().path();
    let pixels = shared("s2-l1c-virginia-clear")?;
    let mut zip = zip::ZipArchive::new(fs::File::open(archive).unwrap()).unwrap();
    let mut root = None;
    for index in 0..zip.len() {
        let mut member = zip.by_index(index).unwrap();
        let name = member.name().unwrap().into_owned();
        let wanted = ["MTD_MSIL1C.xml", "MTD_TL.xml", "MSK_CLOUDS_B00.gml", "manifest.safe"];
        if wanted.iter().any(|end| name.ends_with(end)) {
            let mut text = String::new();
            member.read_to_string(&mut text).unwrap();
            if name.ends_with("MTD_MSIL1C.xml") {
                text = edit(text);
            }
            let path = folder.join(&name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        }
        root.get_or_insert_with(|| folder.join(name.split('/').next().unwrap()));
    }
    let root = root?;
    let images = granule(&root).join("IMG_DATA");
    fs::create_dir_all(&images).unwrap();
    for band in L1C {
        let image = images.join(format!("T48LWP_20210713T032051_{band}.jp2"));
        to_jpeg2000(&pixels.join(format!("{band}.tif")), &image);
    }
    Some(root)
}

/// The only granule of a product.
pub fn granule(root: &Path) -> PathBuf {
    fs::read_dir(root.join("GRANULE")).unwrap().next().unwrap().unwrap().path()
}

/// Turns the real product's XML (03.01, no offsets) into that of a later baseline.
pub fn with_offsets(xml: &str, baseline: &str) -> String {
    let one = |id| format!("<RADIO_ADD_OFFSET band_id=\"{id}\">-1000</RADIO_ADD_OFFSET>");
    let list = (0..13).map(one).collect::<Vec<_>>().concat();
    xml.replace("<PROCESSING_BASELINE>03.01<", &format!("<PROCESSING_BASELINE>{baseline}<")).replace(
        "<Reflectance_Conversion>",
        &format!("<Radiometric_Offset_List>{list}</Radiometric_Offset_List><Reflectance_Conversion>"),
    )
}

/// Packs a folder into a zip archive under its own name.
pub fn zip_folder(folder: &Path, archive: &Path) {
    let mut zip = zip::ZipWriter::new(fs::File::create(archive).unwrap());
    let top = folder.parent().unwrap();
    let mut pending = vec![folder.to_owned()];
    while let Some(place) = pending.pop() {
        for entry in fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let name = path.strip_prefix(top).unwrap().to_string_lossy().into_owned();
                zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
                zip.write_all(&fs::read(path).unwrap()).unwrap();
            }
        }
    }
    zip.finish().unwrap();
}

/// The granule file that holds a band.
pub fn image_of(root: &Path, band: Band) -> PathBuf {
    granule(root).join(format!("IMG_DATA/T48LWP_20210713T032051_{band}.jp2"))
}
