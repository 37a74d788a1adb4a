use super::*;
use crate::recognise::hygiene;

const ALL: [(PatchCode, [f32; 4]); 6] = [
    (PatchCode::One, [0.2, 0.2, 0.08, 0.08]),
    (PatchCode::Two, [0.2, 0.08, 0.08, 0.2]),
    (PatchCode::Three, [0.2, 0.08, 0.2, 0.08]),
    (PatchCode::Four, [0.08, 0.2, 0.2, 0.08]),
    (PatchCode::Six, [0.08, 0.08, 0.2, 0.2]),
    (PatchCode::Transfer, [0.08, 0.2, 0.08, 0.2]),
];

/// One sheet: A4, bars parallel to the top edge.
#[derive(Clone, Copy)]
struct Sheet {
    bars: [f32; 4],
    dpi: u32,
    /// Inches from the top edge.
    top: f32,
    /// Inches along the edge.
    length: f32,
    /// Of bars and spaces.
    scale: f32,
    ink: u8,
    paper: u8,
}

impl Sheet {
    fn of(code: PatchCode) -> Self {
        let bars = ALL.iter().find(|(other, _)| *other == code).expect("one").1;
        Self {
            bars,
            dpi: 150,
            top: 0.5,
            length: 7.0,
            scale: 1.0,
            ink: 20,
            paper: 235,
        }
    }

    /// Drawn with the slope of `skew` degrees.
    fn page(self, skew: f32) -> GreyPage {
        let dpi = self.dpi as f32;
        let (width, height) = (self.dpi * 827 / 100, self.dpi * 1169 / 100);
        let left = (8.27 - self.length) / 2.0;
        let slope = skew.to_radians().tan();
        let samples = (0..height).flat_map(|y| (0..width).map(move |x| (x as f32, y as f32)));
        let samples = samples.map(|(x, y)| {
            let (x, y) = (x / dpi, y / dpi);
            let inside = (left..left + self.length).contains(&x);
            let depth = (y - self.top - (x - 4.1) * slope) / self.scale;
            if inside && self.is_bar(depth) {
                self.ink
            } else {
                self.paper
            }
        });
        GreyPage {
            width,
            height,
            dpi: self.dpi,
            samples: samples.collect(),
        }
    }

    fn is_bar(self, depth: f32) -> bool {
        let mut top = 0.0;
        self.bars.iter().any(|bar| {
            let inside = (top..top + bar).contains(&depth);
            top += bar + 0.08;
            inside
        })
    }
}

/// Specks and grain, the same every time.
fn noisy(mut page: GreyPage) -> GreyPage {
    let mut state = 12_345_u32;
    for sample in &mut page.samples {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let chance = state >> 16;
        let grain = i16::try_from(chance % 61).expect("small") - 30;
        let noisy = match chance % 100 {
            0 | 1 => 0,
            2 | 3 => 255,
            _ => (i16::from(*sample) + grain).clamp(0, 255),
        };
        *sample = u8::try_from(noisy).expect("clamped");
    }
    page
}

const T: PatchCode = PatchCode::Transfer;

#[test]
fn tells_the_six_codes_apart_at_every_turn() {
    for (code, _) in ALL {
        let page = Sheet::of(code).page(0.0);
        for turn in [0, 90, 180, 270] {
            let turned = hygiene::turned(&page, turn);
            assert_eq!(find(&turned), Some(code), "{code:?}, {turn}°");
        }
    }
}

#[test]
fn reads_what_printers_and_scanners_make_of_it() {
    let sheet = Sheet::of(T);
    for (what, sheet) in [
        ("100 dpi", Sheet { dpi: 100, ..sheet }),
        ("300 dpi", Sheet { dpi: 300, ..sheet }),
        (
            "A4 on A5",
            Sheet {
                scale: 0.71,
                ..sheet
            },
        ),
        (
            "larger",
            Sheet {
                scale: 1.2,
                ..sheet
            },
        ),
        ("faint", Sheet { ink: 100, ..sheet }),
        (
            "on coloured paper",
            Sheet {
                paper: 170,
                ink: 40,
                ..sheet
            },
        ),
        (
            "short",
            Sheet {
                length: 2.1,
                ..sheet
            },
        ),
        ("at the edge", Sheet { top: 0.25, ..sheet }),
        ("far from the edge", Sheet { top: 2.9, ..sheet }),
        (
            "over the whole width",
            Sheet {
                length: 8.27,
                ..sheet
            },
        ),
    ] {
        assert_eq!(find(&sheet.page(0.0)), Some(T), "{what}");
    }
}

#[test]
fn reads_skewed_and_noisy_sheets() {
    for skew in [-2.0, 0.7, 2.0] {
        let page = noisy(
            Sheet {
                dpi: 200,
                ..Sheet::of(T)
            }
            .page(skew),
        );
        for turn in [0, 90, 180, 270] {
            let turned = hygiene::turned(&page, turn);
            assert_eq!(find(&turned), Some(T), "{skew}°, {turn}°");
        }
    }
}

#[test]
fn other_bars_are_none() {
    let sheet = Sheet::of(T);
    for (what, sheet) in [
        ("in the middle of the page", Sheet { top: 5.4, ..sheet }),
        (
            "too short",
            Sheet {
                length: 1.2,
                ..sheet
            },
        ),
        (
            "equal",
            Sheet {
                bars: [0.14; 4],
                ..sheet
            },
        ),
        (
            "three wide",
            Sheet {
                bars: [0.08, 0.2, 0.2, 0.2],
                ..sheet
            },
        ),
        (
            "far too large",
            Sheet {
                scale: 1.5,
                ..sheet
            },
        ),
        (
            "far too small",
            Sheet {
                scale: 0.5,
                ..sheet
            },
        ),
        ("without contrast", Sheet { ink: 180, ..sheet }),
        (
            "white on black",
            Sheet {
                ink: 235,
                paper: 20,
                ..sheet
            },
        ),
    ] {
        assert_eq!(find(&sheet.page(0.0)), None, "{what}");
    }
}

/// As on a sheet with the same block printed at its head and its foot: turned, it would be another.
#[test]
fn edges_that_disagree_are_none() {
    let (head, foot) = (
        Sheet::of(T).page(0.0),
        Sheet::of(PatchCode::Three).page(0.0),
    );
    let foot = hygiene::turned(&foot, 180);
    let samples = head.samples.iter().zip(&foot.samples);
    let both = GreyPage {
        samples: samples.map(|(head, foot)| *head.min(foot)).collect(),
        ..head
    };
    assert_eq!(find(&both), None);
    assert_eq!(find(&head), Some(T));
}

#[test]
fn pages_that_are_none_are_answered() {
    for (width, height, samples, dpi) in [
        (0, 0, 0, 300),
        (1, 1, 1, 300),
        (7, 9, 63, 72),
        (3000, 2, 6000, 300),
        (2, 3000, 6000, 300),
        (100, 100, 99, 300),
        (100, 100, 10_000, 0),
        (100, 100, 10_000, u32::MAX),
        (u32::MAX, u32::MAX, 4, 300),
    ] {
        for shade in [0, 255] {
            let page = GreyPage {
                width,
                height,
                dpi,
                samples: vec![shade; samples],
            };
            assert_eq!(find(&page), None, "{width} × {height}, {dpi} dpi");
        }
    }
}
