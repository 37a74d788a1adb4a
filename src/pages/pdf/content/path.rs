//! A path as far as it matters: whether it is one upright rectangle (ISO 32000-1 §8.5.2).

use lopdf::Object;

use super::{Bounds, Matrix, bounds};
use crate::pages::error::PageFault;
use crate::pages::pdf::objects::{damaged, number};

/// How far a side of a rectangle may lean, points.
const LEAN_MAX: f64 = 0.1;

/// Corners of a rectangle, the first one again, and no more.
const CORNERS_MAX: usize = 5;

/// The path under construction, in the page's units.
#[derive(Default)]
pub(super) enum Outline {
    #[default]
    Empty,
    Rectangle(Bounds),
    Corners(Vec<[f64; 2]>),
    Other,
}

impl Outline {
    /// Adds a path operator.
    pub(super) fn extend(
        &mut self,
        operator: &str,
        operands: &[Object],
        matrix: Matrix,
    ) -> Result<(), PageFault> {
        let before = std::mem::take(self);
        *self = match (before, operator) {
            (Outline::Empty, "re") => {
                let [x, y, width, height] = values(operands)?;
                let turned = matrix[1].abs().min(matrix[0].abs()) * width.abs().max(height.abs());
                if turned > LEAN_MAX {
                    Outline::Other
                } else {
                    Outline::Rectangle(bounds([x, y, x + width, y + height], matrix))
                }
            }
            (Outline::Empty, "m") => Outline::Corners(vec![point(operands, matrix)?]),
            (Outline::Corners(mut corners), "l") if corners.len() < CORNERS_MAX => {
                corners.push(point(operands, matrix)?);
                Outline::Corners(corners)
            }
            (outline @ (Outline::Corners(_) | Outline::Rectangle(_)), "h") => outline,
            _ => Outline::Other,
        };
        Ok(())
    }

    /// The rectangle that it is.
    pub(super) fn rectangle(self) -> Option<Bounds> {
        match self {
            Outline::Rectangle(rectangle) => Some(rectangle),
            Outline::Corners(corners) => of_corners(&corners),
            Outline::Empty | Outline::Other => None,
        }
    }
}

/// Four corners one after the other, the last line drawn or left to be closed.
fn of_corners(corners: &[[f64; 2]]) -> Option<Bounds> {
    let near = |one: f64, other: f64| (one - other).abs() <= LEAN_MAX;
    let (&[a, b, c, d], rest) = corners.split_first_chunk::<4>()?;
    let closed = rest
        .iter()
        .all(|again| near(again[0], a[0]) && near(again[1], a[1]));
    let across_first = near(a[1], b[1]) && near(b[0], c[0]) && near(c[1], d[1]) && near(d[0], a[0]);
    let along_first = near(a[0], b[0]) && near(b[1], c[1]) && near(c[0], d[0]) && near(d[1], a[1]);
    (closed && (across_first || along_first)).then(|| {
        [
            a[0].min(c[0]),
            a[1].min(c[1]),
            a[0].max(c[0]),
            a[1].max(c[1]),
        ]
    })
}

fn point(operands: &[Object], [a, b, c, d, e, f]: Matrix) -> Result<[f64; 2], PageFault> {
    let [x, y] = values(operands)?;
    Ok([a * x + c * y + e, b * x + d * y + f])
}

fn values<const N: usize>(operands: &[Object]) -> Result<[f64; N], PageFault> {
    let values: Option<Vec<f64>> = operands.iter().map(number).collect();
    values
        .and_then(|values| values.try_into().ok())
        .ok_or_else(|| damaged("path"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

    fn outline(path: &str, matrix: Matrix) -> Option<Bounds> {
        let mut outline = Outline::default();
        for operation in path.split(',') {
            let mut words: Vec<&str> = operation.split_whitespace().collect();
            let operator = words.pop().expect("an operator");
            let operands: Vec<Object> = words
                .iter()
                .map(|word| Object::Integer(word.parse().expect("a number")))
                .collect();
            outline
                .extend(operator, &operands, matrix)
                .expect("good operands");
        }
        outline.rectangle()
    }

    #[test]
    fn only_upright_rectangles_are_rectangles() {
        let wanted = Some([1.0, 2.0, 11.0, 22.0]);
        for path in [
            "1 2 10 20 re",
            "11 22 -10 -20 re,h",
            "1 2 m,11 2 l,11 22 l,1 22 l,h",
            "1 2 m,1 22 l,11 22 l,11 2 l,1 2 l",
        ] {
            assert_eq!(outline(path, PLAIN), wanted, "{path}");
        }
        for path in [
            "1 2 m,11 2 l,11 22 l",
            "1 2 m,11 2 l,11 22 l,1 20 l",
            "1 2 m,11 2 l,11 22 l,1 22 l,5 5 l",
            "1 2 m,11 2 l,11 22 l,1 22 l,1 2 l,9 9 l",
            "1 2 10 20 re,30 30 5 5 re",
            "1 2 m,11 2 l,0 0 0 0 5 5 c",
            "1 1 l",
        ] {
            assert_eq!(outline(path, PLAIN), None, "{path}");
        }
    }

    #[test]
    fn a_leaning_rectangle_is_none() {
        let quarter = [0.0, 1.0, -1.0, 0.0, 0.0, 0.0];
        assert_eq!(
            outline("1 2 10 20 re", quarter),
            Some([-22.0, 1.0, -2.0, 11.0])
        );
        let leaning = [0.7, 0.7, -0.7, 0.7, 0.0, 0.0];
        assert_eq!(outline("1 2 10 20 re", leaning), None);
    }
}
