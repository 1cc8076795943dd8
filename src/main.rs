//! The `declouder` program: the command line, and the window when no command is given.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    name_runtime_folder();
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
