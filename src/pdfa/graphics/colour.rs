//! Clauses 6.2.4.2 to 6.2.4.5: the colour spaces that content paints with.

use std::collections::BTreeMap;

use lopdf::{Dictionary, Object, ObjectId};

use super::Report;
use super::device::{Device, OutputIntent};
use super::icc::{self, ProfileSpace};
use super::spot::{COLORANTS_MAX, Spots, are_defined};
use crate::pdf_object::{dictionary, integer};
use crate::pdfa::Violation;
use crate::pdfa::content::Scope;

/// Spaces inside each other; an indexed DeviceN space of Separations over ICC has four.
const DEPTH_MAX: usize = 8;

/// A colour space as far as painting with it can break a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    Device(Device),
    /// ICCBased with four components, which overprinting can spoil.
    IccCmyk,
    Pattern,
    Other,
}

pub(super) struct Colours<'a> {
    pub(super) intent: OutputIntent,
    spots: Spots<'a>,
    /// Spaces judged before, each with the resources that may redefine its device spaces.
    judged: BTreeMap<(*const Object, *const Dictionary), Space>,
    profiles: BTreeMap<ObjectId, Option<icc::Profile>>,
}

impl<'a> Colours<'a> {
    pub(super) fn new(intent: OutputIntent) -> Self {
        Self {
            intent,
            spots: Spots::default(),
            judged: BTreeMap::new(),
            profiles: BTreeMap::new(),
        }
    }

    /// A device space, or what stands for it among the resources (ISO 32000-1 §8.6.5.6).
    pub(super) fn device(
        &mut self,
        device: Device,
        scope: &Scope<'a>,
        report: &mut Report,
        found: &mut Vec<Violation>,
    ) -> Space {
        let spaces = dictionary(scope.document, scope.resources, b"ColorSpace");
        match spaces.and_then(|spaces| spaces.get(device.default_key()).ok()) {
            // The default may not be a device space again, so it is read as an array alone.
            Some(default) => match scope.document.dereference(default) {
                Ok((_, Object::Array(_))) => self.space(default, scope, 1, report, found),
                _ => Space::Device(device),
            },
            None => Space::Device(device),
        }
    }

    /// The space that an operator or an inline image names.
    pub(super) fn named(
        &mut self,
        name: &[u8],
        scope: &Scope<'a>,
        report: &mut Report,
        found: &mut Vec<Violation>,
    ) -> Space {
        if let Some(device) = Device::named(name) {
            return self.device(device, scope, report, found);
        }
        if name == b"Pattern" {
            return Space::Pattern;
        }
        let space = dictionary(scope.document, scope.resources, b"ColorSpace")
            .and_then(|spaces| spaces.get(name).ok());
        match space {
            Some(space) => self.space(space, scope, 0, report, found),
            None => {
                report.violation(
                    scope,
                    "6.2.2",
                    "a colour space that is not among the resources",
                    found,
                );
                Space::Other
            }
        }
    }

    /// Judges a space; device spaces only where they are inside another one.
    pub(super) fn space(
        &mut self,
        object: &'a Object,
        scope: &Scope<'a>,
        depth: usize,
        report: &mut Report,
        found: &mut Vec<Violation>,
    ) -> Space {
        let Ok((_, object)) = scope.document.dereference(object) else {
            report.violation(scope, "6.2.4", "a colour space that is missing", found);
            return Space::Other;
        };
        let key = (
            std::ptr::from_ref(object),
            std::ptr::from_ref(scope.resources),
        );
        if let Some(&space) = self.judged.get(&key) {
            return space;
        }
        if depth > DEPTH_MAX {
            report.violation(
                scope,
                "6.2.4",
                "colour spaces too deep inside each other",
                found,
            );
            return Space::Other;
        }
        let space = match object {
            Object::Name(name) => match Device::named(name) {
                Some(device) => self.device(device, scope, report, found),
                None if name == b"Pattern" => Space::Pattern,
                None => self.unknown(scope, report, found),
            },
            Object::Array(items) => self.array(items, scope, depth, report, found),
            _ => self.unknown(scope, report, found),
        };
        self.judged.insert(key, space);
        space
    }

    fn unknown(
        &mut self,
        scope: &Scope<'a>,
        report: &mut Report,
        found: &mut Vec<Violation>,
    ) -> Space {
        report.violation(scope, "6.2.4", "an unknown colour space", found);
        Space::Other
    }

    fn array(
        &mut self,
        items: &'a [Object],
        scope: &Scope<'a>,
        depth: usize,
        report: &mut Report,
        found: &mut Vec<Violation>,
    ) -> Space {
        let family = items.first().and_then(|family| family.as_name().ok());
        match (family, items) {
            (Some(b"CalGray" | b"CalRGB" | b"Lab"), _) => Space::Other,
            (Some(b"ICCBased"), [_, profile, ..]) => self.icc(profile, scope, report, found),
            (Some(b"Indexed" | b"I"), [_, base, ..]) => {
                self.inside(base, scope, depth, report, found);
                Space::Other
            }
            (Some(b"Pattern"), [_]) => Space::Pattern,
            (Some(b"Pattern"), [_, base, ..]) => {
                self.inside(base, scope, depth, report, found);
                Space::Pattern
            }
            (Some(b"Separation"), [_, _, alternate, _, ..]) => {
                if !self.spots.agrees(scope.document, items) {
                    report.violation(scope, "6.2.4.4", "one colorant, two meanings", found);
                }
                self.inside(alternate, scope, depth, report, found);
                Space::Other
            }
            (Some(b"DeviceN"), [_, names, alternate, _, rest @ ..]) => {
                self.inside(alternate, scope, depth, report, found);
                self.device_n(names, rest.first(), scope, depth, report, found);
                Space::Other
            }
            (Some(name), [_]) if Device::named(name).is_some() => {
                let device = Device::named(name).unwrap_or(Device::Gray);
                self.device(device, scope, report, found)
            }
            _ => self.unknown(scope, report, found),
        }
    }

    /// A space that another one is made of: a device space there is painted with, too.
    pub(super) fn inside(
        &mut self,
        object: &'a Object,
        scope: &Scope<'a>,
        depth: usize,
        report: &mut Report,
        found: &mut Vec<Violation>,
    ) {
        let space = self.space(object, scope, depth + 1, report, found);
        self.painted(space, scope, report, found);
    }

    /// Something is painted in a space.
    pub(super) fn painted(
        &mut self,
        space: Space,
        scope: &Scope<'a>,
        report: &mut Report,
        found: &mut Vec<Violation>,
    ) {
        if let Space::Device(device) = space
            && !self.intent.allows(device)
        {
            report.violation(scope, "6.2.4.3", device.not_allowed(), found);
        }
    }

    fn icc(
        &mut self,
        object: &'a Object,
        scope: &Scope<'a>,
        report: &mut Report,
        found: &mut Vec<Violation>,
    ) -> Space {
        let stream = scope.document.dereference(object).ok();
        let Some((id, stream)) =
            stream.and_then(|(id, object)| Some((id, object.as_stream().ok()?)))
        else {
            return self.unknown(scope, report, found);
        };
        let profile = match id {
            Some(id) => *self
                .profiles
                .entry(id)
                .or_insert_with(|| icc::profile(stream)),
            None => icc::profile(stream),
        };
        let Some(profile) = profile else {
            report.violation(
                scope,
                "6.2.4.2",
                "an ICC profile that is not one of PDF/A-2",
                found,
            );
            return Space::Other;
        };
        let is_known = matches!(&profile.class, b"prtr" | b"mntr" | b"scnr" | b"spac");
        let components = integer(scope.document, &stream.dict, b"N");
        if !is_known || components != Some(profile.space.components()) {
            report.violation(
                scope,
                "6.2.4.2",
                "an ICC profile of another class or N",
                found,
            );
        }
        match profile.space {
            ProfileSpace::Device(Device::Cmyk) => Space::IccCmyk,
            _ => Space::Other,
        }
    }

    fn device_n(
        &mut self,
        names: &'a Object,
        attributes: Option<&'a Object>,
        scope: &Scope<'a>,
        depth: usize,
        report: &mut Report,
        found: &mut Vec<Violation>,
    ) {
        let document = scope.document;
        let follow =
            |object: &'a Object| document.dereference(object).ok().map(|(_, object)| object);
        let Some(Object::Array(names)) = follow(names) else {
            report.violation(scope, "6.2.4.4", "a DeviceN space without names", found);
            return;
        };
        if names.len() > COLORANTS_MAX {
            report.violation(scope, "6.1.13", "more than 32 colorants", found);
        }
        let attributes = attributes
            .and_then(follow)
            .and_then(|attributes| attributes.as_dict().ok());
        if !are_defined(document, names, attributes) {
            report.violation(
                scope,
                "6.2.4.4",
                "a colorant of DeviceN without its definition",
                found,
            );
        }
        let Some(attributes) = attributes else {
            return;
        };
        if let Some(colorants) = dictionary(document, attributes, b"Colorants") {
            for (_, colorant) in colorants {
                self.inside(colorant, scope, depth, report, found);
            }
        }
        if let Some(process) = dictionary(document, attributes, b"Process")
            && let Ok(space) = process.get(b"ColorSpace")
        {
            self.inside(space, scope, depth, report, found);
        }
    }
}
