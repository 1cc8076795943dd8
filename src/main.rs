//! The `declouder` program: the command line, and the window when no command is given.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    name_runtime_folder();
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    keep_freed_memory();
    declouder::cli::main()
}

/// Gives `XDG_RUNTIME_DIR` the value that systemd gives it, where it has none, as in containers and under `su`.
///
/// Mesa looks for a Wayland display there whenever a graphics device is opened, and otherwise complains on the
/// standard error of whoever called it. Nothing is written to that folder, and it need not exist.
#[cfg(target_os = "linux")]
fn name_runtime_folder() {
    const NAME: &str = "XDG_RUNTIME_DIR";
    if std::env::var_os(NAME).is_some_and(|folder| std::path::Path::new(&folder).is_absolute()) {
        return;
    }
    // SAFETY: getuid always succeeds, and no other thread is there yet to read the environment.
    unsafe { std::env::set_var(NAME, format!("/run/user/{}", libc::getuid())) };
}

/// Lets the allocator keep freed memory for the next tensor.
///
/// The C library gives blocks of some hundred kilobytes, as most tensors are, back to the system at once, which clears
/// the pages anew each time they are asked for: a fifth of the networks' time on the CPU (`benches/README.md`). With
/// this, blocks up to 32 MiB come from the heap, whose free end is kept up to 512 MiB.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn keep_freed_memory() {
    const BLOCK: libc::c_int = 32 << 20;
    const KEPT: libc::c_int = 512 << 20;
    // SAFETY: mallopt takes numbers only, and no other thread is there yet. Where it refuses, all stays as it was.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, BLOCK);
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
    }
}
