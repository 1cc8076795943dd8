// Cells of a sweep sheet → colours, all under one stretch; shaders/screen.wgsl follows. The twin on the CPU is
// src/view/sweep.rs: change both, and tests/suite/sweep_shading.rs compares them pixel by pixel.

struct Sheet {
    // Where the sheet lies on the screen, x0 y0 x1 y1 in pixels.
    place: vec4<f32>,
    // x y z: lower limits; w: exponent of the stretch, 1 / gamma.
    lo: vec4<f32>,
    // x y z: upper less lower limits, never 0; w: pixels of the screen between cells.
    width: vec4<f32>,
    screen_px: vec2<f32>,
    // Columns and rows.
    grid: vec2<u32>,
    // Places of red, green and blue among the bands; w: cells that are there.
    channels: vec4<u32>,
    // Numbers from one cell, band, row and column to the next.
    strides: vec4<u32>,
    // Width and height of a cell in texels; z: where the first number lies.
    shape: vec4<u32>,
}

// Values beyond this, either way, are no measurements.
const MEASURED: f32 = 1.0e8;
// Most texels looked at along a pixel's side.
const MOST: i32 = 4;

@group(0) @binding(0) var<uniform> sheet: Sheet;
// Reflectance, [cells, bands, height, width] by the strides.
@group(0) @binding(1) var<storage, read> values: array<f32>;

@vertex
fn vs_main(@builtin(vertex_index) corner: u32) -> @builtin(position) vec4<f32> {
    return corner_at(corner, sheet.place, sheet.screen_px);
}

fn value_at(cell: u32, band: u32, texel: vec2<u32>) -> f32 {
    let at = vec4<u32>(cell, band, texel.y, texel.x) * sheet.strides;
    return values[sheet.shape.z + at.x + at.y + at.z + at.w];
}

// The mean of the measured texels under a pixel, one a band, and whether there is one in w.
fn mean_at(cell: u32, at: vec2<f32>, step: vec2<f32>) -> vec4<f32> {
    let most = vec2<i32>(sheet.shape.xy) - 1;
    let count = clamp(vec2<i32>(ceil(step - 0.001)), vec2<i32>(1), vec2<i32>(MOST));
    var sum = vec3<f32>(0.0);
    var weight = 0.0;
    for (var j = 0; j < count.y; j++) {
        for (var i = 0; i < count.x; i++) {
            let part = (vec2<f32>(f32(i), f32(j)) + 0.5) / vec2<f32>(count) - 0.5;
            let texel = vec2<u32>(clamp(vec2<i32>(floor(at + part * step)), vec2<i32>(0), most));
            let value = vec3<f32>(
                value_at(cell, sheet.channels.x, texel),
                value_at(cell, sheet.channels.y, texel),
                value_at(cell, sheet.channels.z, texel),
            );
            if all(abs(value) <= vec3<f32>(MEASURED)) {
                sum += value;
                weight += 1.0;
            }
        }
    }
    return vec4<f32>(sum / max(weight, 1.0), min(weight, 1.0));
}

// sRGB-encoded. Alpha is 0 or 1, so that this is premultiplied as well.
fn drawn(pixel: vec2<f32>) -> vec4<f32> {
    let grid = vec2<f32>(sheet.grid);
    let gap = sheet.width.w;
    // A gap follows each cell but the last.
    let pitch = (sheet.place.zw - sheet.place.xy + gap) / grid;
    let at = pixel - sheet.place.xy;
    let column = clamp(floor(at / pitch), vec2<f32>(0.0), grid - 1.0);
    let inner = at - column * pitch;
    let side = pitch - gap;
    if any(inner < vec2<f32>(0.0)) || any(inner >= side) {
        return vec4<f32>(0.0);
    }
    let cell = u32(column.y) * sheet.grid.x + u32(column.x);
    if cell >= sheet.channels.w {
        return vec4<f32>(0.0);
    }
    let step = vec2<f32>(sheet.shape.xy) / side;
    let mean = mean_at(cell, inner * step, step);
    if mean.w == 0.0 {
        return vec4<f32>(0.0);
    }
    let t = clamp((mean.xyz - sheet.lo.xyz) / sheet.width.xyz, vec3<f32>(0.0), vec3<f32>(1.0));
    if sheet.lo.w == 1.0 {
        return vec4<f32>(t, 1.0);
    }
    // 0 takes no detour over logarithms.
    return vec4<f32>(select(pow(t, vec3<f32>(sheet.lo.w)), t, t <= vec3<f32>(0.0)), 1.0);
}
