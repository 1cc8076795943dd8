// Band values → colours of the map; shaders/screen.wgsl follows. The twin on the CPU is src/view/shade.rs: change both, and
// tests/suite/view_shading.rs compares them pixel by pixel.
//
// Only textureLoad is used: 32-bit float textures cannot be filtered everywhere, and a filter knows
// nothing of nodata.

// One for a whole map.
struct Frame {
    // x y z: lower limits; w: exponent of the stretch, 1 / gamma.
    lo: vec4<f32>,
    // x y z: upper less lower limits, never 0; w: largest difference shown, above 0.
    width: vec4<f32>,
    // Colour of cloud, or of a weight of 255. Unmultiplied, as the screen shows it.
    first: vec4<f32>,
    // Colour of shadow.
    second: vec4<f32>,
    screen_px: vec2<f32>,
    mode: u32,
    // Index of the last colour of the table.
    last: u32,
    // 0: overlays are classes; 1: weights.
    weights: u32,
    // Colours evenly spaced over 0 to 1.
    table: array<vec4<f32>, 16>,
}

// One for each tile. All rectangles are x0 y0 x1 y1.
struct Tile {
    // Where it lies on the screen, in pixels.
    place: vec4<f32>,
    // What lies there, in texels of the first texture of a, of b, and of the overlay.
    uv_a: vec4<f32>,
    uv_b: vec4<f32>,
    uv_overlay: vec4<f32>,
}

const RGB: u32 = 0u;
const SINGLE: u32 = 1u;
const INDEX: u32 = 2u;

const NODATA: f32 = -1.0e9;
// Values beyond this, either way, are no measurements.
const MEASURED: f32 = 1.0e8;

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<uniform> tile: Tile;
@group(0) @binding(2) var a0: texture_2d<f32>;
@group(0) @binding(3) var a1: texture_2d<f32>;
@group(0) @binding(4) var a2: texture_2d<f32>;
@group(0) @binding(5) var b0: texture_2d<f32>;
@group(0) @binding(6) var b1: texture_2d<f32>;
@group(0) @binding(7) var b2: texture_2d<f32>;
@group(0) @binding(8) var codes: texture_2d<u32>;

@vertex
fn vs_main(@builtin(vertex_index) corner: u32) -> @builtin(position) vec4<f32> {
    return corner_at(corner, tile.place, frame.screen_px);
}

fn is_measured(value: f32) -> bool {
    return abs(value) <= MEASURED;
}

// Where a texture is read: a position in texels and the texels from one pixel to the next.
struct Spot {
    at: vec2<f32>,
    step: vec2<f32>,
}

fn spot(pixel: vec2<f32>, uv: vec4<f32>) -> Spot {
    let texels_per_pixel = (uv.zw - uv.xy) / (tile.place.zw - tile.place.xy);
    return Spot(uv.xy + (pixel - tile.place.xy) * texels_per_pixel, abs(texels_per_pixel));
}

// The same place in a texture of the same ground and another size.
fn scaled(origin: Spot, first: vec2<u32>, other: vec2<u32>) -> Spot {
    let ratio = vec2<f32>(other) / vec2<f32>(first);
    return Spot(origin.at * ratio, origin.step * ratio);
}

fn is_minified(step: vec2<f32>) -> bool {
    return max(step.x, step.y) > 1.001;
}

fn inside(texel: vec2<i32>, size: vec2<u32>) -> vec2<i32> {
    return clamp(texel, vec2<i32>(0), vec2<i32>(size) - 1);
}

// Bilinear weight of corner k (x first) for a position `part` of the way between texel centres.
fn weight_of(k: vec2<i32>, part: vec2<f32>) -> f32 {
    let weights = select(1.0 - part, part, k == vec2<i32>(1));
    return weights.x * weights.y;
}

fn value_at(band: texture_2d<f32>, where_: Spot) -> f32 {
    let size = textureDimensions(band);
    if !is_minified(where_.step) {
        return textureLoad(band, inside(vec2<i32>(floor(where_.at)), size), 0).x;
    }
    let corner = floor(where_.at - 0.5);
    let part = where_.at - 0.5 - corner;
    var sum = 0.0;
    var weights = 0.0;
    for (var k = 0; k < 4; k++) {
        let offset = vec2<i32>(k & 1, k >> 1u);
        let value = textureLoad(band, inside(vec2<i32>(corner) + offset, size), 0).x;
        if is_measured(value) {
            let weight = weight_of(offset, part);
            sum += weight * value;
            weights += weight;
        }
    }
    if weights < 1.0e-3 {
        return NODATA;
    }
    return sum / weights;
}

fn stretched(value: f32, channel: i32) -> f32 {
    return clamp((value - frame.lo[channel]) / frame.width[channel], 0.0, 1.0);
}

fn brightened(t: f32) -> f32 {
    if t <= 0.0 || frame.lo.w == 1.0 {
        return t;
    }
    return pow(t, frame.lo.w);
}

fn mapped(t: f32) -> vec4<f32> {
    let place = t * f32(frame.last);
    let low = min(u32(place), frame.last - 1u);
    let color = mix(frame.table[low].xyz, frame.table[low + 1u].xyz, place - f32(low));
    return vec4<f32>(color, 1.0);
}

fn compared(a: vec3<f32>, at: Spot) -> vec4<f32> {
    let first = textureDimensions(b0);
    let b = vec3<f32>(
        value_at(b0, at),
        value_at(b1, scaled(at, first, textureDimensions(b1))),
        value_at(b2, scaled(at, first, textureDimensions(b2))),
    );
    if !is_measured(b.x) || !is_measured(b.y) || !is_measured(b.z) {
        return vec4<f32>(0.0);
    }
    let d = a - b;
    let mean = (d.x + d.y + d.z) / 3.0;
    return mapped(clamp(0.5 + 0.5 * mean / frame.width.w, 0.0, 1.0));
}

// The colour without an overlay; alpha is 0 or 1.
fn shaded(pixel: vec2<f32>) -> vec4<f32> {
    let at = spot(pixel, tile.uv_a);
    let first = textureDimensions(a0);
    let x = value_at(a0, at);
    if !is_measured(x) {
        return vec4<f32>(0.0);
    }
    if frame.mode == SINGLE {
        return mapped(brightened(stretched(x, 0)));
    }
    let y = value_at(a1, scaled(at, first, textureDimensions(a1)));
    if !is_measured(y) {
        return vec4<f32>(0.0);
    }
    if frame.mode == INDEX {
        if x + y < 1.0e-6 {
            return vec4<f32>(0.0);
        }
        return mapped(stretched((x - y) / (x + y), 0));
    }
    let z = value_at(a2, scaled(at, first, textureDimensions(a2)));
    if !is_measured(z) {
        return vec4<f32>(0.0);
    }
    if frame.mode == RGB {
        return vec4<f32>(
            brightened(stretched(x, 0)),
            brightened(stretched(y, 1)),
            brightened(stretched(z, 2)),
            1.0,
        );
    }
    return compared(vec3<f32>(x, y, z), spot(pixel, tile.uv_b));
}

// Colour of an overlay's code, premultiplied.
fn code_color(code: u32) -> vec4<f32> {
    var color = vec4<f32>(0.0);
    if frame.weights == 1u {
        color = vec4<f32>(frame.first.xyz, frame.first.w * f32(code) / 255.0);
    } else if code == 1u {
        color = frame.first;
    } else if code == 2u {
        color = frame.second;
    }
    return vec4<f32>(color.xyz * color.w, color.w);
}

fn overlay_at(at: Spot) -> vec4<f32> {
    let size = textureDimensions(codes);
    if !is_minified(at.step) {
        return code_color(textureLoad(codes, inside(vec2<i32>(floor(at.at)), size), 0).x);
    }
    // Colours are averaged, not codes: half cloud and half shadow is no third class.
    let corner = floor(at.at - 0.5);
    let part = at.at - 0.5 - corner;
    var color = vec4<f32>(0.0);
    for (var k = 0; k < 4; k++) {
        let offset = vec2<i32>(k & 1, k >> 1u);
        let code = textureLoad(codes, inside(vec2<i32>(corner) + offset, size), 0).x;
        color += weight_of(offset, part) * code_color(code);
    }
    return color;
}

// sRGB-encoded. Alpha is 0 or 1, so that this is premultiplied as well.
fn drawn(pixel: vec2<f32>) -> vec4<f32> {
    let ground = shaded(pixel);
    if ground.w == 0.0 {
        return vec4<f32>(0.0);
    }
    let over = overlay_at(spot(pixel, tile.uv_overlay));
    return vec4<f32>(over.xyz + ground.xyz * (1.0 - over.w), 1.0);
}
