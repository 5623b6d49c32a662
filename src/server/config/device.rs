//! Where models compute.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What computes the answers of local models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ModelDevice {
    /// The processor.
    #[default]
    Cpu,
    /// The NVIDIA GPU of that number.
    Cuda(usize),
}

impl ModelDevice {
    /// What builds without the feature `cuda` say.
    pub const NO_GPU: &str =
        "this build has no support for GPUs: set cpu, or build with CUDA (`make run GPU=cuda`)";
}

impl fmt::Display for ModelDevice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => write!(out, "cpu"),
            Self::Cuda(number) => write!(out, "cuda:{number}"),
        }
    }
}

impl From<ModelDevice> for String {
    fn from(device: ModelDevice) -> Self {
        device.to_string()
    }
}

impl TryFrom<String> for ModelDevice {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let number = match text.split_once(':') {
            None if text == "cpu" => return Ok(Self::Cpu),
            None if text == "cuda" => Some(0),
            Some(("cuda", number)) => number.parse().ok(),
            _ => None,
        };
        match number {
            Some(number) if cfg!(feature = "cuda") => Ok(Self::Cuda(number)),
            Some(_) => Err(Self::NO_GPU.to_owned()),
            None => Err(format!("{text:?} is no device: use cpu, cuda, or cuda:1 for the second GPU")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ModelDevice, String> {
        ModelDevice::try_from(text.to_owned())
    }

    #[test]
    fn devices_are_read_and_written() {
        assert_eq!(read("cpu"), Ok(ModelDevice::Cpu));
        for (text, number) in [("cuda", 0), ("cuda:1", 1)] {
            let expected = Ok(ModelDevice::Cuda(number)).filter_built();
            assert_eq!(read(text), expected, "{text}");
        }
        for text in ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "CPU"] {
            let error = read(text).unwrap_err();
            assert!(error.contains("is no device"), "{text}: {error}");
        }
        assert_eq!(ModelDevice::Cuda(1).to_string(), "cuda:1");
    }

    trait FilterBuilt {
        fn filter_built(self) -> Self;
    }

    impl FilterBuilt for Result<ModelDevice, String> {
        /// What a build without GPUs says instead.
        fn filter_built(self) -> Self {
            if cfg!(feature = "cuda") { self } else { Err(ModelDevice::NO_GPU.to_owned()) }
        }
    }
}
