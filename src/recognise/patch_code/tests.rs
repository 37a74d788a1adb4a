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
            dpi: 200,
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
        let (width, height) = ((8.27 * dpi) as u32, (11.69 * dpi) as u32);
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

#[test]
fn tells_the_six_codes_apart_at_every_turn() {
    for (code, _) in ALL {
        for dpi in [100, 200, 300] {
            let page = Sheet {
                dpi,
                ..Sheet::of(code)
            }
            .page(0.0);
            for turn in [0, 90, 180, 270] {
                let turned = hygiene::turned(&page, turn);
                assert_eq!(find(&turned), Some(code), "{code:?}, {dpi} dpi, {turn}°");
            }
        }
    }
}
