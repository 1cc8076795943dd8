//! The suite, one file a subject.

mod bad_input;
mod bad_output;
mod bad_products;
mod bad_scenes;
mod bad_store;
mod benchmark;
mod bigearthnet;
mod classifier;
#[cfg(feature = "gdal")]
mod collapse;
mod command_line;
mod compare;
mod decloud;
#[cfg(feature = "gdal")]
mod decloud_model;
#[cfg(feature = "gdal")]
mod decloud_patch;
#[cfg(feature = "desktop")]
mod desktop;
#[cfg(feature = "desktop")]
mod desktop_closing;
mod desktop_cloud_code;
#[cfg(feature = "desktop")]
mod desktop_device;
#[cfg(feature = "desktop")]
mod desktop_evaluation;
#[cfg(feature = "desktop")]
mod desktop_export;
#[cfg(feature = "desktop")]
mod desktop_latents;
#[cfg(feature = "desktop")]
mod desktop_layers;
#[cfg(feature = "desktop")]
mod desktop_masks;
#[cfg(feature = "desktop")]
mod desktop_training;
#[cfg(feature = "desktop")]
mod desktop_trouble;
#[cfg(feature = "desktop")]
mod desktop_words;
#[cfg(feature = "gdal")]
mod directions;
mod distribution;
mod evaluation;
#[cfg(feature = "gdal")]
mod evaluation_labels;
mod export;
mod fill;
#[cfg(feature = "gdal")]
mod findings;
#[cfg(feature = "gdal")]
mod fixtures;
mod floors;
mod haze;
#[cfg(feature = "gdal")]
mod honesty;
#[cfg(feature = "gdal")]
mod known_mask;
#[cfg(feature = "gdal")]
mod latents;
mod lent_clouds;
mod mask_files;
mod masks;
mod metrics;
mod naming;
mod networks;
mod norm_leaky;
#[cfg(feature = "gdal")]
mod numbers;
mod operations;
mod optional_inputs;
mod paper;
mod paper_training;
mod partly_clear;
pub mod patches;
mod prepare;
#[cfg(feature = "gdal")]
mod preview;
mod report_page;
mod scenes;
mod simulate;
pub mod support;
#[cfg(feature = "gdal")]
mod sweep;
#[cfg(feature = "desktop")]
mod sweep_shading;
#[cfg(feature = "desktop")]
mod sweep_shared;
mod training;
mod training_folder;
mod transplant;
mod transplanted;
mod usage;
#[cfg(feature = "desktop")]
mod view_budget;
#[cfg(feature = "desktop")]
mod view_shading;
