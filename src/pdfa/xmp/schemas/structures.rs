//! The structured value types of XMP (September 2005).

use super::Type::{Boolean, Choice, Date, Integer, Rational, Real, Text};
use super::{
    AGENT_NAME, OPEN_CHOICE, PROPER_NAME, RENDITION_CLASS, Structure, Type, URI, URL, seq,
};

/// The structure of a name that an extension schema uses, in lower case.
pub(super) fn named(name: &str) -> Option<&'static Structure> {
    let structure = match name {
        "dimensions" => &DIMENSIONS,
        "thumbnail" => &THUMBNAIL,
        "colorant" => &COLORANT,
        "font" => &FONT,
        "resourceevent" => &RESOURCE_EVENT,
        "resourceref" => &RESOURCE_REF,
        "version" => &VERSION,
        "job" => &JOB,
        "flash" => &FLASH,
        "oecf/sfr" => &OECF_SFR,
        "cfapattern" => &CFA_PATTERN,
        "devicesettings" => &DEVICE_SETTINGS,
        "projectlink" => &PROJECT_LINK,
        "time" => &TIME,
        "timecode" => &TIMECODE,
        "marker" => &MARKER,
        "media" => &MEDIA,
        "timescalestretch" => &TIME_SCALE_STRETCH,
        "resamplestretch" => &RESAMPLE_STRETCH,
        "beatsplicestretch" => &BEAT_SPLICE_STRETCH,
        _ => return None,
    };
    Some(structure)
}

pub(super) const DIMENSIONS: Structure = Structure {
    namespace: "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
    fields: &[("w", Real), ("h", Real), ("unit", OPEN_CHOICE)],
};

pub(super) const THUMBNAIL: Structure = Structure {
    namespace: "http://ns.adobe.com/xap/1.0/g/img/",
    fields: &[
        ("height", Integer),
        ("width", Integer),
        ("format", Choice(&["JPEG"])),
        ("image", Text),
    ],
};

pub(super) const COLORANT: Structure = Structure {
    namespace: "http://ns.adobe.com/xap/1.0/g/",
    fields: &[
        ("swatchName", Text),
        ("mode", Choice(&["CMYK", "RGB", "LAB"])),
        ("type", Choice(&["PROCESS", "SPOT"])),
        ("cyan", Real),
        ("magenta", Real),
        ("yellow", Real),
        ("black", Real),
        ("red", Integer),
        ("green", Integer),
        ("blue", Integer),
        ("L", Real),
        ("A", Integer),
        ("B", Integer),
    ],
};

pub(super) const FONT: Structure = Structure {
    namespace: "http://ns.adobe.com/xap/1.0/sType/Font#",
    fields: &[
        ("fontName", Text),
        ("fontFamily", Text),
        ("fontFace", Text),
        ("fontType", OPEN_CHOICE),
        ("versionString", Text),
        ("composite", Boolean),
        ("fontFileName", Text),
        ("childFontFiles", seq(&Text)),
    ],
};

pub(super) const RESOURCE_EVENT: Structure = Structure {
    namespace: "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
    fields: &[
        ("action", OPEN_CHOICE),
        ("instanceID", URI),
        ("parameters", Text),
        ("softwareAgent", AGENT_NAME),
        ("when", Date),
    ],
};

pub(super) const RESOURCE_REF: Structure = Structure {
    namespace: "http://ns.adobe.com/xap/1.0/sType/ResourceRef#",
    fields: &[
        ("instanceID", URI),
        ("documentID", URI),
        ("versionID", Text),
        ("renditionClass", RENDITION_CLASS),
        ("renditionParams", Text),
        ("manager", AGENT_NAME),
        ("managerVariant", Text),
        ("manageTo", URI),
        ("manageUI", URI),
    ],
};

pub(super) const VERSION: Structure = Structure {
    namespace: "http://ns.adobe.com/xap/1.0/sType/Version#",
    fields: &[
        ("comments", Text),
        ("event", Type::Structure(&RESOURCE_EVENT)),
        ("modifyDate", Date),
        ("modifier", PROPER_NAME),
        ("version", Text),
    ],
};

pub(super) const JOB: Structure = Structure {
    namespace: "http://ns.adobe.com/xap/1.0/sType/Job#",
    fields: &[("name", Text), ("id", Text), ("url", URL)],
};

pub(super) const FLASH: Structure = Structure {
    namespace: "http://ns.adobe.com/exif/1.0/",
    fields: &[
        ("Fired", Boolean),
        ("Return", Choice(&["0", "2", "3"])),
        ("Mode", Choice(&["0", "1", "2", "3"])),
        ("Function", Boolean),
        ("RedEyeMode", Boolean),
    ],
};

/// Opto-electric conversion function, spatial frequency response.
pub(super) const OECF_SFR: Structure = Structure {
    namespace: "http://ns.adobe.com/exif/1.0/",
    fields: &[
        ("Columns", Integer),
        ("Rows", Integer),
        ("Names", seq(&Text)),
        ("Values", seq(&Rational)),
    ],
};

/// Colour filter array.
pub(super) const CFA_PATTERN: Structure = Structure {
    namespace: "http://ns.adobe.com/exif/1.0/",
    fields: &[
        ("Columns", Integer),
        ("Rows", Integer),
        ("Values", seq(&Integer)),
    ],
};

pub(super) const DEVICE_SETTINGS: Structure = Structure {
    namespace: "http://ns.adobe.com/exif/1.0/",
    fields: &[
        ("Columns", Integer),
        ("Rows", Integer),
        ("Settings", seq(&Text)),
    ],
};

const DYNAMIC_MEDIA: &str = "http://ns.adobe.com/xmp/1.0/DynamicMedia/";
const QUALITY: Type = Choice(&["High", "Medium", "Low"]);

pub(super) const PROJECT_LINK: Structure = Structure {
    namespace: DYNAMIC_MEDIA,
    fields: &[
        ("type", Choice(&["movie", "still", "audio", "custom"])),
        ("path", URI),
    ],
};

pub(super) const TIME: Structure = Structure {
    namespace: DYNAMIC_MEDIA,
    fields: &[("value", Integer), ("scale", Rational)],
};

pub(super) const TIMECODE: Structure = Structure {
    namespace: DYNAMIC_MEDIA,
    fields: &[
        ("timeValue", Text),
        (
            "timeFormat",
            Choice(&[
                "24Timecode",
                "25Timecode",
                "2997DropTimecode",
                "2997NonDropTimecode",
                "30Timecode",
                "50Timecode",
                "5994DropTimecode",
                "5994NonDropTimecode",
                "60Timecode",
                "23976Timecode",
            ]),
        ),
    ],
};

pub(super) const MARKER: Structure = Structure {
    namespace: DYNAMIC_MEDIA,
    fields: &[
        ("startTime", Type::Structure(&TIME)),
        ("duration", Type::Structure(&TIME)),
        ("comment", Text),
        ("name", Text),
        ("location", URI),
        ("target", Text),
        (
            "type",
            Choice(&["Chapter", "Cue", "Beat", "Track", "Index"]),
        ),
    ],
};

pub(super) const MEDIA: Structure = Structure {
    namespace: DYNAMIC_MEDIA,
    fields: &[
        ("path", URI),
        ("track", Text),
        ("startTime", Type::Structure(&TIME)),
        ("duration", Type::Structure(&TIME)),
        ("managed", Boolean),
        ("webStatement", URI),
    ],
};

pub(super) const TIME_SCALE_STRETCH: Structure = Structure {
    namespace: DYNAMIC_MEDIA,
    fields: &[
        ("quality", QUALITY),
        ("frameSize", Real),
        ("frameOverlappingPercentage", Real),
    ],
};

pub(super) const RESAMPLE_STRETCH: Structure = Structure {
    namespace: DYNAMIC_MEDIA,
    fields: &[("quality", QUALITY)],
};

pub(super) const BEAT_SPLICE_STRETCH: Structure = Structure {
    namespace: DYNAMIC_MEDIA,
    fields: &[
        ("useFileBeatsMarker", Boolean),
        ("riseInDecibel", Real),
        ("riseInTimeDuration", Type::Structure(&TIME)),
    ],
};
