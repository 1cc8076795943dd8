//! The house keeps its floors: no module imports upwards, only `raster` names GDAL, only the
//! window names egui.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Floor of each top-level module, from `ARCHITECTURE.md`.
const FLOORS: [(&str, u32); 20] = [
    ("progress", 0),
    ("random", 0),
    ("compute", 0),
    ("bands", 0),
    ("raster", 0),
    ("mask", 0),
    ("networks", 1),
    ("fill", 1),
    ("metrics", 1),
    ("patches", 1),
    ("simulate", 1),
    ("decloud", 2),
    ("training", 2),
    ("evaluation", 2),
    ("latents", 2),
    ("benchmark", 3),
    ("jobs", 3),
    ("view", 3),
    ("cli", 4),
    ("desktop", 4),
];

/// Order among the modules of the ground floor: `mask` stands on `raster`, never the reverse.
const GROUND: [&str; 6] = ["progress", "random", "compute", "bands", "raster", "mask"];

fn source_files() -> Vec<(String, PathBuf)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(&src).unwrap().to_string_lossy().into_owned();
                let module = relative.split(['/', '.']).next().unwrap().to_owned();
                files.push((module, path));
            }
        }
    }
    files
}

/// Names that follow `crate::` or `declouder::` in a line of code, braces included.
fn imported_modules(code: &str) -> Vec<String> {
    let mut modules = Vec::new();
    for marker in ["crate::", "declouder::"] {
        for (position, _) in code.match_indices(marker) {
            let rest = &code[position + marker.len()..];
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if name.is_empty() && rest.starts_with('{') {
                let list = rest[1..].split('}').next().unwrap_or("");
                modules.extend(list.split(',').map(|item| {
                    item.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
                }));
            } else {
                modules.push(name);
            }
        }
    }
    modules
}

/// The file without line comments, so that documentation may name what code may not.
fn code_of(path: &Path) -> String {
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| line.split("//").next().unwrap_or(""))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn no_module_imports_upwards() {
    let floors: BTreeMap<_, _> = FLOORS.into_iter().collect();
    let ground = |module: &str| GROUND.iter().position(|name| *name == module);
    let mut faults = Vec::new();
    for (module, path) in source_files() {
        if module == "main" || module == "lib" {
            continue;
        }
        let own = *floors.get(module.as_str()).unwrap_or_else(|| panic!("{module} has no floor"));
        for imported in imported_modules(&code_of(&path)) {
            let Some(&theirs) = floors.get(imported.as_str()) else { continue };
            let sideways = own == theirs && own > 0 && imported != module && theirs < 2;
            let upward_on_ground = own == 0 && theirs == 0 && ground(&imported) > ground(&module);
            if theirs > own || upward_on_ground || sideways {
                faults.push(format!("{} imports {imported}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn only_raster_names_gdal_and_only_the_window_names_egui() {
    let mut faults = Vec::new();
    for (module, path) in source_files() {
        let code = code_of(&path).replace("feature = \"gdal\"", "");
        if module != "raster" && (code.contains("gdal::") || code.contains("gdal_sys")) {
            faults.push(format!("{} names gdal", path.display()));
        }
        if !["view", "desktop"].contains(&module.as_str())
            && ["egui::", "eframe::", "egui_plot::", "rfd::"].iter().any(|name| code.contains(name))
        {
            faults.push(format!("{} names egui", path.display()));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
