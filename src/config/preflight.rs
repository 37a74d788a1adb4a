//! placeholder
use super::{Config, ConfigError};
/// x
pub fn check(_: &Config) -> Result<(), ConfigError> {
    Ok(())
}
