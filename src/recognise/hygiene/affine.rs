//! Where a point of one copy of a page lies on another: six numbers, in pixels.

/// Maps `(x, y)` to `(a x + b y + c, d x + e y + f)`.
///
/// Coordinates are continuous: pixel `i` covers `i` to `i + 1`, its middle is `i + 0.5`; y grows downwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AffineMap {
    /// `a, b, c, d, e, f`.
    coefficients: [f64; 6],
}

impl AffineMap {
    /// Every point stays.
    pub const IDENTITY: AffineMap = AffineMap {
        coefficients: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
    };

    /// From `a, b, c, d, e, f`.
    #[must_use]
    pub fn new(coefficients: [f64; 6]) -> Self {
        Self { coefficients }
    }

    /// Stretches each axis.
    #[must_use]
    pub fn scale(across: f64, down: f64) -> Self {
        Self::new([across, 0.0, 0.0, 0.0, down, 0.0])
    }

    /// The point's place on the other copy.
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "pages are a few thousand pixels wide; f32 keeps them to a thousandth"
    )]
    pub fn apply(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [a, b, c, d, e, f] = self.coefficients;
        let (x, y) = (f64::from(x), f64::from(y));
        [(a * x + b * y + c) as f32, (d * x + e * y + f) as f32]
    }

    /// First this map, then `next`.
    #[must_use]
    pub fn then(&self, next: &AffineMap) -> Self {
        let [a, b, c, d, e, f] = self.coefficients;
        let [p, q, r, s, t, u] = next.coefficients;
        Self::new([
            p * a + q * d,
            p * b + q * e,
            p * c + q * f + r,
            s * a + t * d,
            s * b + t * e,
            s * c + t * f + u,
        ])
    }

    /// The way back; `None` if the map flattens the page.
    #[must_use]
    pub fn inverse(&self) -> Option<Self> {
        let [a, b, c, d, e, f] = self.coefficients;
        let determinant = a * e - b * d;
        if !determinant.is_normal() {
            return None;
        }
        let [p, q, s, t] = [e, -b, -d, a].map(|value| value / determinant);
        Some(Self::new([p, q, -(p * c + q * f), s, t, -(s * c + t * f)]))
    }
}
