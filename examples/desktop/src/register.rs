//! Makes this program the handler of `nexmod://`, as desktops that follow freedesktop.org do.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context, Result};
use url::Url;

const NAME: &str = "keyledger-desktop.desktop";

/// Writes the `.desktop` file, and tells the desktop where there is one to tell.
pub(crate) fn handler(service: &Url) -> Result<PathBuf> {
    let folder = crate::store::usual_file()?;
    let folder = folder.parent().and_then(|it| it.parent()).context("no data folder")?;
    let folder = folder.join("applications");
    fs::create_dir_all(&folder)?;
    let program = std::env::current_exe()?;
    let file = folder.join(NAME);
    let entry = format!(
        "[Desktop Entry]\nType=Application\nName=Keyledger Desktop\n\
         Exec=\"{}\" --service {service} %u\nTerminal=true\nNoDisplay=true\n\
         MimeType=x-scheme-handler/nexmod;\n",
        program.display(),
    );
    fs::write(&file, entry)?;
    // Where there is no desktop, the file alone is what can be done.
    let _ = Command::new("xdg-mime").args(["default", NAME, "x-scheme-handler/nexmod"]).status();
    Ok(file)
}
