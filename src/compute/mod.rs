//! Choosing and opening the device that Burn computes on.
//!
//! On a real GPU that is wgpu; on a machine without one it is Flex, Burn's CPU backend: software
//! rasterisers such as lavapipe are correct but far slower than Flex (see `benches/README.md`).

mod fault;
mod shared;
mod watch;

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use burn::tensor::Device;
use burn_wgpu::WgpuSetup;
use serde::{Deserialize, Serialize};

pub use fault::{Fault, caught};
pub use shared::{Canvas, Shared};
pub use watch::Watch;

/// Where the analyst wants to compute (`--device`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// A hardware GPU where there is one, else the CPU.
    #[default]
    Auto,
    /// wgpu, even on a software adapter.
    Gpu,
    /// Flex, Burn's CPU backend.
    Cpu,
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "gpu" => Ok(Self::Gpu),
            "cpu" => Ok(Self::Cpu),
            _ => Err(format!("\"{text}\" is not a device; expected auto, gpu or cpu")),
        }
    }
}

/// No device could be opened.
#[derive(Debug, thiserror::Error)]
#[error(
    "--device gpu: no graphics adapter answers ({reason}); install a Vulkan driver (Debian: mesa-vulkan-drivers) or use --device cpu"
)]
pub struct NoAdapter {
    /// Burn's own words.
    reason: String,
}

/// An opened device. The GPU is opened once: further ones share it.
#[derive(Clone)]
pub struct Compute {
    /// What Burn's tensors are made on.
    pub device: Device,
    /// wgpu's handles, to be shared with a window; none where Burn computes on the CPU.
    pub setup: Option<WgpuSetup>,
    /// What the analyst is told.
    pub summary: Summary,
    /// The one thread that talks to a GPU; none where Burn computes on the CPU.
    thread: Option<Arc<rayon::ThreadPool>>,
    /// Whether a GPU is still there; none where Burn computes on the CPU.
    watch: Option<Watch>,
}

impl Compute {
    /// Runs work with tensors where they belong: a GPU is talked to by one thread only, named
    /// `compute`, since tensor streams and memory pools are kept by thread; on the CPU the work runs
    /// right here, and uses all cores.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match &self.thread {
            Some(thread) => thread.install(work),
            None => work(),
        }
    }

    /// As [`Compute::run`], with a panic or a lost device as an error.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn attempt<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, Fault> {
        let done = self.run(|| {
            let done = caught(work)?;
            if self.thread.is_some() {
                // What was only queued fails here.
                let synced = caught(|| self.device.sync())?;
                synced.map_err(|error| Fault::of_words(&format!("{error:?}")))?;
            }
            Ok(done)
        });
        // A lost device answers as if all were well, or fails in any words.
        match self.lost() {
            Some(words) => Err(Fault::Lost(words.to_owned())),
            None => done,
        }
    }

    /// Why the GPU is gone; none while it is there, and on the CPU.
    #[must_use]
    pub fn lost(&self) -> Option<&str> {
        self.watch.as_ref()?.lost()
    }
}

/// A device in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Burn's backend: `wgpu` or `flex`.
    pub backend: String,
    /// Adapter and driver, or `CPU`.
    pub adapter: String,
    /// Whether the adapter is a software rasteriser.
    pub software: bool,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.backend.as_str(), self.software) {
            ("wgpu", true) => write!(f, "{} (software)", self.adapter),
            ("wgpu", false) => f.write_str(&self.adapter),
            _ => f.write_str("CPU (Burn Flex)"),
        }
    }
}

/// Opens the device of a choice. `Auto` never fails.
///
/// # Errors
/// [`NoAdapter`] when `Gpu` was asked for and wgpu finds no adapter.
pub fn open(choice: Choice) -> Result<Compute, NoAdapter> {
    match choice {
        Choice::Cpu => Ok(cpu()),
        Choice::Gpu => gpu(),
        Choice::Auto => Ok(gpu().ok().filter(|gpu| !gpu.summary.software).unwrap_or_else(cpu)),
    }
}

fn cpu() -> Compute {
    let summary = Summary { backend: "flex".into(), adapter: "CPU".into(), software: false };
    Compute { device: Device::flex(), setup: None, summary, thread: None, watch: None }
}

/// The process's GPU: Burn opens an adapter once.
#[derive(Default)]
enum Gpu {
    #[default]
    Unopened,
    Open(Compute),
}

static GPU: Mutex<Gpu> = Mutex::new(Gpu::Unopened);

fn the_gpu() -> MutexGuard<'static, Gpu> {
    GPU.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why the GPU was lost since the program started; none while all is well. From a loss on [`Choice::Auto`] is the CPU,
/// and [`Choice::Gpu`] an error: a device that was lost cannot be opened again in the same process.
#[must_use]
pub fn lost() -> Option<String> {
    match &*the_gpu() {
        Gpu::Open(compute) => compute.lost().map(str::to_owned),
        Gpu::Unopened => None,
    }
}

/// A watch over what a window draws with: Burn's own where it computes on the same device, since a device has one
/// listener only.
#[must_use]
pub fn watch(canvas: &Canvas) -> Watch {
    match &*the_gpu() {
        Gpu::Open(Compute { watch: Some(watch), setup: Some(setup), .. })
            if setup.instance == canvas.instance && setup.device == canvas.device =>
        {
            watch.clone()
        }
        _ => Watch::over(&canvas.device),
    }
}

fn gpu() -> Result<Compute, NoAdapter> {
    let mut gpu = the_gpu();
    match &*gpu {
        Gpu::Open(compute) => match compute.lost() {
            Some(words) => Err(NoAdapter { reason: format!("it was lost: {words}") }),
            None => Ok(compute.clone()),
        },
        Gpu::Unopened => {
            let compute = open_gpu()?;
            *gpu = Gpu::Open(compute.clone());
            Ok(compute)
        }
    }
}

fn open_gpu() -> Result<Compute, NoAdapter> {
    let failed = |reason: String| NoAdapter { reason };
    let thread = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .thread_name(|_| "compute".to_owned())
        .build()
        .map_err(|error| failed(error.to_string()))?;
    let (device, setup) = thread
        .install(|| Device::wgpu_options().init_with_setup())
        .map_err(|error| failed(error.to_string()))?;
    let info = setup.adapter.get_info();
    let summary = Summary {
        backend: "wgpu".into(),
        adapter: info.name,
        software: info.device_type == wgpu::DeviceType::Cpu,
    };
    let watch = Some(Watch::over(&setup.device));
    Ok(Compute { device, setup: Some(setup), summary, thread: Some(Arc::new(thread)), watch })
}

#[cfg(test)]
mod tests {
    use burn::tensor::Tensor;

    use super::*;

    /// Sum of products: small enough for a software rasteriser, and wrong on neither backend.
    fn dot(device: &Device) -> f32 {
        let a = Tensor::<1>::from_floats([1.0, 2.0, 3.0], device);
        let b = Tensor::<1>::from_floats([4.0, -5.0, 6.5], device);
        (a * b).sum().into_scalar::<f32>()
    }

    #[test]
    fn the_cpu_always_computes() {
        let compute = open(Choice::Cpu).expect("Flex needs nothing");
        assert!((compute.run(|| dot(&compute.device)) - 13.5).abs() < 1e-6);
        assert!(compute.setup.is_none());
    }

    #[test]
    fn a_software_adapter_is_only_used_when_asked_for() {
        let auto = open(Choice::Auto).expect("auto never fails");
        assert!(!auto.summary.software);
        match open(Choice::Gpu) {
            Ok(gpu) => {
                let (found, name) =
                    gpu.run(|| (dot(&gpu.device), std::thread::current().name().map(str::to_owned)));
                assert!((found - 13.5).abs() < 1e-5);
                assert_eq!(name.as_deref(), Some("compute"));
            }
            Err(error) => assert!(error.to_string().contains("--device cpu")),
        }
    }
}
