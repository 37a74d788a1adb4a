//! The schema of film and sound (XMP September 2005).

use super::Type::{Boolean, Choice, Date, Integer, Rational, Real, Text};
use super::structures::{
    BEAT_SPLICE_STRETCH, COLORANT, DIMENSIONS, MARKER, MEDIA, PROJECT_LINK, RESAMPLE_STRETCH, TIME,
    TIME_SCALE_STRETCH, TIMECODE,
};
use super::{OPEN_CHOICE, Schema, Type, URI, bag, seq};

const SAMPLE: Type = Choice(&["8Int", "16Int", "32Int", "32Float"]);

/// `xmpDM`.
pub(super) const DYNAMIC_MEDIA: Schema = Schema {
    namespace: "http://ns.adobe.com/xmp/1.0/DynamicMedia/",
    properties: &[
        ("projectRef", Type::Structure(&PROJECT_LINK)),
        ("videoFrameRate", OPEN_CHOICE),
        ("videoFrameSize", Type::Structure(&DIMENSIONS)),
        ("videoPixelAspectRatio", Rational),
        ("videoPixelDepth", SAMPLE),
        ("videoColorSpace", Choice(&["sRGB", "CCIR-601", "CCIR-709"])),
        ("videoAlphaMode", Choice(&["straight", "pre-multiplied"])),
        ("videoAlphaPremultipleColor", Type::Structure(&COLORANT)),
        ("videoAlphaUnityIsTransparent", Boolean),
        ("videoCompressor", Text),
        (
            "videoFieldOrder",
            Choice(&["Upper", "Lower", "Progressive"]),
        ),
        (
            "pullDown",
            Choice(&[
                "WSSWW",
                "SSWWW",
                "SWWWS",
                "WWWSS",
                "WWSSW",
                "WSSWW_24p",
                "SSWWW_24p",
                "SWWWS_24p",
                "WWWSS_24p",
                "WWSSW_24p",
            ]),
        ),
        ("audioSampleRate", Integer),
        ("audioSampleType", SAMPLE),
        (
            "audioChannelType",
            Choice(&["Mono", "Stereo", "5.1", "7.1"]),
        ),
        ("audioCompressor", Text),
        ("speakerPlacement", Text),
        ("fileDataRate", Rational),
        ("tapeName", Text),
        ("altTapeName", Text),
        ("startTimecode", Type::Structure(&TIMECODE)),
        ("altTimecode", Type::Structure(&TIMECODE)),
        ("duration", Type::Structure(&TIME)),
        ("scene", Text),
        ("shotName", Text),
        ("shotDate", Date),
        ("shotLocation", Text),
        ("logComment", Text),
        ("markers", seq(&Type::Structure(&MARKER))),
        ("contributedMedia", bag(&Type::Structure(&MEDIA))),
        ("absPeakAudioFilePath", URI),
        ("relativePeakAudioFilePath", URI),
        ("videoModDate", Date),
        ("audioModDate", Date),
        ("metadataModDate", Date),
        ("artist", Text),
        ("album", Text),
        ("trackNumber", Integer),
        ("genre", Text),
        ("copyright", Text),
        ("releaseDate", Date),
        ("composer", Text),
        ("engineer", Text),
        ("tempo", Real),
        ("instrument", Text),
        ("introTime", Type::Structure(&TIME)),
        ("outCue", Type::Structure(&TIME)),
        ("relativeTimestamp", Type::Structure(&TIME)),
        ("loop", Boolean),
        ("numberOfBeats", Real),
        (
            "key",
            Choice(&[
                "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B",
            ]),
        ),
        (
            "stretchMode",
            Choice(&[
                "Fixed length",
                "Time-Scale",
                "Resample",
                "Beat Splice",
                "Hybrid",
            ]),
        ),
        ("timeScaleParams", Type::Structure(&TIME_SCALE_STRETCH)),
        ("resampleParams", Type::Structure(&RESAMPLE_STRETCH)),
        ("beatSpliceParams", Type::Structure(&BEAT_SPLICE_STRETCH)),
        (
            "timeSignature",
            Choice(&[
                "2/4", "3/4", "4/4", "5/4", "7/4", "6/8", "9/8", "12/8", "other",
            ]),
        ),
        ("scaleType", Choice(&["Major", "Minor", "Both", "Neither"])),
    ],
};
