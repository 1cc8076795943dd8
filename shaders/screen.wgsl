// What every shader of rectangles on the screen ends with: src/view/screen.rs sets it behind each of them. They
// have a function `drawn` that gives the colour of a pixel, sRGB-encoded and premultiplied, and a vertex stage
// `vs_main` that places corners by `corner_at`.

// Corner 0 to 3 of a rectangle x0 y0 x1 y1 in pixels of a screen. Corners are picked, not interpolated, so that
// neighbours share an edge to the last bit.
fn corner_at(corner: u32, place: vec4<f32>, screen_px: vec2<f32>) -> vec4<f32> {
    let far = vec2<bool>((corner & 1u) == 1u, (corner & 2u) == 2u);
    let at = select(place.xy, place.zw, far) / screen_px;
    return vec4<f32>(2.0 * at.x - 1.0, 1.0 - 2.0 * at.y, 0.0, 1.0);
}

// For targets that keep what they are given: egui's usual case.
@fragment
fn fs_gamma(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    return drawn(position.xy);
}

// For sRGB targets, which encode what they are given. IEC 61966-2-1.
@fragment
fn fs_linear(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let color = drawn(position.xy);
    let low = color.xyz / 12.92;
    let high = pow((color.xyz + 0.055) / 1.055, vec3<f32>(2.4));
    return vec4<f32>(select(high, low, color.xyz < vec3<f32>(0.04045)), color.w);
}
