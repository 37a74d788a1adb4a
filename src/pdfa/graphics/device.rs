//! Clause 6.2.3, output intents, and what 6.2.4.3 allows under them.

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::icc::{self, ProfileSpace};
use crate::pdf_object::{integer, name, value};
use crate::pdfa::Violation;

/// A colour space that means another colour on every device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Device {
    Gray,
    Rgb,
    Cmyk,
}

impl Device {
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        match name {
            b"DeviceGray" | b"G" => Some(Self::Gray),
            b"DeviceRGB" | b"RGB" => Some(Self::Rgb),
            b"DeviceCMYK" | b"CMYK" => Some(Self::Cmyk),
            _ => None,
        }
    }

    /// The key of the space that stands for it among the resources.
    pub(super) fn default_key(self) -> &'static [u8] {
        match self {
            Self::Gray => b"DefaultGray",
            Self::Rgb => b"DefaultRGB",
            Self::Cmyk => b"DefaultCMYK",
        }
    }

    pub(super) fn not_allowed(self) -> &'static str {
        match self {
            Self::Gray => "DeviceGray without an output intent",
            Self::Rgb => "DeviceRGB without an RGB output intent",
            Self::Cmyk => "DeviceCMYK without a CMYK output intent",
        }
    }
}

/// The device that the file is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OutputIntent {
    device: Option<Device>,
}

impl OutputIntent {
    /// Reads and judges all output intents of the file.
    pub(super) fn of(document: &Document, found: &mut Vec<Violation>) -> Self {
        let mut intent = Self { device: None };
        let intents = document
            .catalog()
            .ok()
            .and_then(|catalog| value(document, catalog, b"OutputIntents"));
        let Some(Object::Array(intents)) = intents else {
            return intent;
        };
        let mut profiles: Vec<Option<ObjectId>> = Vec::new();
        for item in intents {
            let item = document.dereference(item).ok();
            let Some(item) = item.and_then(|(_, item)| item.as_dict().ok()) else {
                found.push(Violation::of_file(
                    "6.2.3",
                    "an output intent that is no dictionary",
                ));
                continue;
            };
            let is_pdfx = name(document, item, b"S") == Some(b"GTS_PDFX");
            if is_pdfx && item.has(b"DestOutputProfileRef") {
                found.push(Violation::of_file(
                    "6.2.3",
                    "an output profile outside the file",
                ));
            }
            if let Some((id, device)) = destination(document, item, found) {
                profiles.push(id);
                if name(document, item, b"S") == Some(b"GTS_PDFA1") {
                    intent.device = intent.device.or(device);
                }
            }
        }
        let is_one = |pair: &[Option<ObjectId>]| matches!(pair, [Some(a), Some(b)] if a == b);
        if !profiles.windows(2).all(is_one) {
            found.push(Violation::of_file(
                "6.2.3",
                "output intents with several profile objects",
            ));
        }
        intent
    }

    pub(super) fn allows(self, device: Device) -> bool {
        match device {
            Device::Gray => self.device.is_some(),
            Device::Rgb | Device::Cmyk => self.device == Some(device),
        }
    }

    pub(super) fn is_there(self) -> bool {
        self.device.is_some()
    }
}

/// The profile of an intent: its object, and its device where it is a valid one.
fn destination(
    document: &Document,
    intent: &Dictionary,
    found: &mut Vec<Violation>,
) -> Option<(Option<ObjectId>, Option<Device>)> {
    let (id, object) = document
        .dereference(intent.get(b"DestOutputProfile").ok()?)
        .ok()?;
    let stream = object.as_stream().ok();
    let profile = stream.and_then(icc::profile);
    let device = match profile {
        Some(profile) if matches!(&profile.class, b"prtr" | b"mntr") => match profile.space {
            ProfileSpace::Device(device) => Some(device),
            ProfileSpace::Lab => None,
        },
        _ => None,
    };
    let components = stream.and_then(|stream| integer(document, &stream.dict, b"N"));
    let says = profile.map(|profile| profile.space.components());
    if device.is_none() || components != says {
        found.push(Violation {
            object: id,
            ..Violation::of_file("6.2.3", "an output profile that is not one of PDF/A-2")
        });
        return Some((id, None));
    }
    Some((id, device))
}
