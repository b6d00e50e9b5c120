//! Says when the binary is to be built again for what Cargo does not look at by itself.

fn main() {
    // A debug build reads the dashboard where it lies; the others carry what was there.
    let embeds = std::env::var_os("PROFILE").is_some_and(|profile| profile != "debug");
    let watched = if embeds { "../dashboard/dist" } else { "build.rs" };
    println!("cargo:rerun-if-changed={watched}");
}
