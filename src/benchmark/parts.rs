//! The parts whose peer is a library in this process.

use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, TensorData, module};

use super::turns::Turns;
use super::{Figure, Options, Result, measured, missing};
use crate::compute::Compute;
use crate::decloud::shipped_model;
use crate::networks::declouder::{LandInput, Networks as Declouder};
use crate::networks::{Networks, ops};
use crate::progress::Monitor;
use crate::random::Stream;

/// How many parts there are, `PyTorch`'s two among them.
pub(super) const COUNT: u64 = 5;
/// Images in a batch of the generator; `benches/networks_torch.py` has the same.
pub(super) const BATCH: usize = 4;
/// Their side.
pub(super) const SIDE: usize = 128;
/// Images, channels in and out, side: the convolution that the generator has most of.
const CONVOLUTION: [usize; 4] = [8, 48, 48, 32];

/// The multi-scale fill against GDAL.
#[cfg(feature = "gdal")]
pub(super) fn fill(options: &Options, monitor: &dyn Monitor) -> Result<Figure> {
    super::planes::fill(options, monitor)
}

/// Without GDAL there is no peer.
#[cfg(not(feature = "gdal"))]
#[expect(clippy::unnecessary_wraps, reason = "with GDAL it can fail")]
pub(super) fn fill(_: &Options, monitor: &dyn Monitor) -> Result<Figure> {
    monitor.advance(1);
    Ok(missing("fill", "the multi-scale fill".into(), "GDAL FillNodata", "this build has no GDAL"))
}

/// Our convolution on the CPU against Burn's, forward and backward.
pub(super) fn convolution(options: &Options, monitor: &dyn Monitor) -> Result<Figure> {
    let [n, c, o, side] = CONVOLUTION;
    let device = Device::flex().autodiff();
    let x = normal([n, c, side, side], "x", &device).require_grad();
    let weight = normal([o, c, 3, 3], "weight", &device).require_grad();
    let bias = Tensor::<1>::zeros([o], &device).require_grad();
    let grad = normal([n, o, side, side], "grad", &device);
    let back = |y: Tensor<4>| {
        std::hint::black_box((y * grad.clone()).sum().backward());
        Ok(())
    };
    let ours = || back(ops::conv2d(x.clone(), weight.clone(), Some(bias.clone()), 1, 1));
    let settings = || ConvOptions::new([1, 1], [1; 2], [1, 1], 1);
    let peer = || back(module::conv2d(x.clone(), weight.clone(), Some(bias.clone()), settings()));
    let turns = Turns::measure(options.rounds, monitor, ours, peer)?;
    let what =
        format!("3 x 3 convolution, {n} images, {c} to {o} channels, {side} x {side}, forward and backward");
    Ok(measured("convolution", what, "Burn's own convolution (Flex)", turns))
}

/// The shipped generator on the chosen device against the CPU.
pub(super) fn device(compute: &Compute, options: &Options, monitor: &dyn Monitor) -> Result<Figure> {
    let what = format!("shipped generator, {BATCH} images of {SIDE} x {SIDE}");
    let peer = "Flex on the CPU";
    if compute.summary.backend == "flex" {
        monitor.advance(1);
        let reason = "the chosen device is the CPU itself; --device gpu measures a graphics adapter";
        return Ok(missing("device", what, peer, reason));
    }
    let there = Pass::new(&compute.device, compute)?;
    let here = Pass::new(&Device::flex(), compute)?;
    let ours = || Ok(compute.attempt(|| there.infer())?);
    let peer_pass = || {
        here.infer();
        Ok(())
    };
    let turns = Turns::measure(options.rounds, monitor, ours, peer_pass)?;
    Ok(measured("device", format!("{what} on {}", compute.summary), peer, turns))
}

/// The shipped generator with inputs of its size.
pub(super) struct Pass {
    networks: Box<Declouder>,
    input: LandInput,
    code: Tensor<4>,
}

impl Pass {
    fn new(device: &Device, compute: &Compute) -> Result<Self> {
        compute.attempt(|| Self::on(device))?
    }

    /// On a device.
    pub(super) fn on(device: &Device) -> Result<Self> {
        let model = shipped_model(device)?.model;
        let (channels, numbers) = (model.config.channels(), model.config.z_land);
        let Networks::Declouder(networks) = model.networks else {
            unreachable!("the shipped model is of the preset declouder")
        };
        let image = |purpose| normal([BATCH, channels, SIDE, SIDE], purpose, device);
        let input = LandInput {
            cloudy: image("cloudy"),
            mask: normal([BATCH, 1, SIDE, SIDE], "mask", device).clamp(0.0, 1.0),
            context: image("context"),
            s1: None,
            reference: None,
        };
        Ok(Self { networks, input, code: normal([BATCH, numbers, 1, 1], "code", device) })
    }

    /// One pass, read back.
    pub(super) fn infer(&self) {
        let surface = self.networks.g_land.forward(&self.input, &self.code).surface;
        std::hint::black_box(surface.into_data());
    }

    /// What is trained: the generator, its input and code.
    pub(super) fn parts(self) -> (Box<Declouder>, LandInput, Tensor<4>) {
        (self.networks, self.input, self.code)
    }
}

/// Standard normal numbers, the same in every run.
pub(super) fn normal(shape: [usize; 4], purpose: &str, device: &Device) -> Tensor<4> {
    let mut values = vec![0.0; shape.iter().product()];
    Stream::new(1, 0, &format!("benchmark/{purpose}")).fill_normal(&mut values);
    Tensor::from_data(TensorData::new(values, shape), device)
}
