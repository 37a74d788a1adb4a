//! Connected spots of ink, found row by row from runs of dark pixels (8-connected, union-find).

use super::paper::{Paper, TILE, threshold};
use super::view::View;

/// More runs than text has: what lies beyond on a page of noise is left as it is.
const RUNS_MAX: usize = 2_000_000;

/// Dark pixels `from` up to `to` of row `y`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) y: u32,
    pub(super) from: u32,
    pub(super) to: u32,
    /// Index of the component.
    pub(super) component: u32,
}

/// One spot and the box around it; right and bottom are the first pixels outside.
#[derive(Debug, Clone, Copy)]
pub(super) struct Component {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) right: u32,
    pub(super) bottom: u32,
    /// Dark pixels.
    pub(super) area: u32,
}

impl Component {
    pub(super) fn width(&self) -> u32 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> u32 {
        self.bottom - self.top
    }
}

/// All spots of a page.
pub(super) struct Components {
    pub(super) runs: Vec<Run>,
    pub(super) list: Vec<Component>,
}

impl Components {
    pub(super) fn of(view: View<'_>, paper: &Paper) -> Self {
        let mut runs: Vec<Run> = Vec::new();
        let mut parents: Vec<u32> = Vec::new();
        let mut above = 0..0;
        for (y, row) in view.rows().enumerate() {
            let start = runs.len();
            dark_runs(row, y, paper, &mut runs);
            join(&mut runs, above, start, &mut parents);
            above = start..runs.len();
            if runs.len() > RUNS_MAX {
                break;
            }
        }
        let list = number(&mut runs, &mut parents);
        Self { runs, list }
    }
}

/// Appends the dark runs of a row; whole tiles of paper are passed over at once.
fn dark_runs(row: &[u8], y: usize, paper: &Paper, runs: &mut Vec<Run>) {
    let y = u32::try_from(y).unwrap_or(u32::MAX);
    let mut open: Option<u32> = None;
    let mut x = 0u32;
    for (tile, &background) in row.chunks(TILE).zip(paper.row(y as usize)) {
        let limit = threshold(background);
        let darkest = tile.iter().fold(255, |least, &value| value.min(least));
        if darkest > limit && open.is_none() {
            x += u32::try_from(tile.len()).unwrap_or(0);
            continue;
        }
        for &value in tile {
            match (value <= limit, open) {
                (true, None) => open = Some(x),
                (false, Some(from)) => {
                    runs.push(run(y, from, x));
                    open = None;
                }
                _ => {}
            }
            x += 1;
        }
    }
    if let Some(from) = open {
        runs.push(run(y, from, x));
    }
}

fn run(y: u32, from: u32, to: u32) -> Run {
    Run {
        y,
        from,
        to,
        component: u32::MAX,
    }
}

/// Gives the runs from `start` the labels of runs that they touch in the row above.
fn join(runs: &mut [Run], above: std::ops::Range<usize>, start: usize, parents: &mut Vec<u32>) {
    let (earlier, current) = runs.split_at_mut(start);
    let mut candidates = earlier.get(above).unwrap_or_default();
    for run in current {
        while let Some((first, rest)) = candidates.split_first()
            && first.to < run.from
        {
            candidates = rest;
        }
        for upper in candidates.iter().take_while(|upper| upper.from <= run.to) {
            if run.component == u32::MAX {
                run.component = root(parents, upper.component);
            } else {
                let (one, other) = (root(parents, run.component), root(parents, upper.component));
                let (low, high) = (one.min(other), one.max(other));
                parents[high as usize] = low;
                run.component = low;
            }
        }
        if run.component == u32::MAX {
            run.component = u32::try_from(parents.len()).unwrap_or(u32::MAX);
            parents.push(run.component);
        }
    }
}

fn root(parents: &mut [u32], mut label: u32) -> u32 {
    while parents[label as usize] != label {
        let above = parents[parents[label as usize] as usize];
        parents[label as usize] = above;
        label = above;
    }
    label
}

/// Numbers the components from 0 in the order of their first run and measures them.
fn number(runs: &mut [Run], parents: &mut [u32]) -> Vec<Component> {
    let mut numbers = vec![u32::MAX; parents.len()];
    let mut list: Vec<Component> = Vec::new();
    for run in runs {
        let label = root(parents, run.component) as usize;
        if numbers[label] == u32::MAX {
            numbers[label] = u32::try_from(list.len()).unwrap_or(u32::MAX);
            list.push(Component {
                left: run.from,
                top: run.y,
                right: run.to,
                bottom: run.y + 1,
                area: 0,
            });
        }
        run.component = numbers[label];
        if let Some(spot) = list.get_mut(run.component as usize) {
            spot.left = spot.left.min(run.from);
            spot.right = spot.right.max(run.to);
            spot.bottom = run.y + 1;
            spot.area += run.to - run.from;
        }
    }
    list
}
