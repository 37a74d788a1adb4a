//! A division that ends after any of its steps, and what the next look makes of it.

use proptest::prelude::*;

use super::*;

/// Jobs, their files' numbers of pages, and how the pages are dealt out.
#[derive(Debug, Clone)]
struct Case {
    page_counts: Vec<Vec<usize>>,
    /// For each page its part, and whether it is left out there.
    dealt: Vec<(usize, bool)>,
    /// Steps that are done before the end.
    steps: usize,
    from_the_newest: bool,
}

fn cases() -> impl Strategy<Value = Case> {
    let files = prop::collection::vec(1..4_usize, 1..4);
    let page_counts = prop::collection::vec(files, 1..4);
    page_counts.prop_flat_map(|page_counts| {
        let pages: usize = page_counts.iter().flatten().sum();
        let dealt = prop::collection::vec((0..4_usize, prop::bool::weighted(0.2)), pages);
        (Just(page_counts), dealt, 0..12_usize, any::<bool>()).prop_map(
            |(page_counts, dealt, steps, from_the_newest)| Case {
                page_counts,
                dealt,
                steps,
                from_the_newest,
            },
        )
    })
}

impl Case {
    /// The parts that have a page; where all of a part's pages were to be left out, none is.
    fn parts(&self) -> Vec<Part> {
        let of = |number: usize, wanted: Option<bool>| {
            let pages = self.dealt.iter().enumerate();
            let pages = pages.filter(|(_, (part, left))| {
                *part == number && wanted.is_none_or(|wanted| *left == wanted)
            });
            pages.map(|(page, _)| page).collect::<Vec<_>>()
        };
        let parts = (0..4_usize).filter(|&number| !of(number, None).is_empty());
        let parts = parts.map(|number| {
            let name = 100 + number as u64;
            let (pages, left_out) = (of(number, Some(false)), of(number, Some(true)));
            match pages.is_empty() {
                true => part(name, &left_out),
                false => Part {
                    left_out: left_out.into_iter().map(cover_sheet).collect(),
                    ..part(name, &pages)
                },
            }
        });
        parts.collect()
    }

    fn bytes(parent: usize, file: usize) -> Vec<u8> {
        format!("file {file} of {parent}").into_bytes()
    }

    fn jobs(&self, desk: &Desk) -> Vec<Job> {
        let jobs = self.page_counts.iter().enumerate().map(|(parent, files)| {
            let bytes: Vec<_> = (0..files.len())
                .map(|file| Self::bytes(parent, file))
                .collect();
            let bytes: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
            desk.job(parent as u64, &bytes, "")
        });
        jobs.collect()
    }

    /// For each page of the pile, the bytes of its file and its number inside.
    fn pile(&self) -> Vec<(Vec<u8>, usize)> {
        let mut pile = Vec::new();
        for (parent, files) in self.page_counts.iter().enumerate() {
            for (file, &pages) in files.iter().enumerate() {
                pile.extend((0..pages).map(|page| (Self::bytes(parent, file), page)));
            }
        }
        pile
    }

    /// What a made job's pages are: as in [`Self::pile`].
    fn pages_of(&self, job: &Job) -> Vec<(Vec<u8>, usize)> {
        let originals = bytes_of(&batch(job));
        let pile = self.pile();
        let own = originals.iter().flat_map(|bytes| {
            let pages = pile.iter().filter(move |(of, _)| of == bytes);
            pages.cloned()
        });
        let own: Vec<_> = own.collect();
        let selection = job.selection.iter().flatten();
        selection.map(|&page| own[page].clone()).collect()
    }

    /// Does the first steps and returns whether the plan was in force by then.
    fn interrupt(&self, desk: &Desk) -> bool {
        let jobs = self.jobs(desk);
        let batches: Vec<_> = jobs.iter().map(batch).collect();
        let opened = jobs.iter().zip(&batches).zip(&self.page_counts);
        let parents: Vec<_> = opened
            .map(|((job, batch), page_counts)| Parent {
                job,
                batch,
                page_counts,
            })
            .collect();
        let plan = Pile::of(&parents)
            .and_then(|pile| pile.deal(&self.parts()))
            .expect("a plan");
        let mut left = self.steps;
        for job in jobs.iter().rev() {
            if left == 0 {
                return false;
            }
            plan.write(&job.folder).expect("writes");
            left -= 1;
        }
        for _ in 0..left {
            plan.advance(&desk.work()).expect("advances");
        }
        true
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn after_any_step_all_is_there_once(case in cases()) {
        let desk = desk();
        let in_force = case.interrupt(&desk);
        let jobs = desk.settle(case.from_the_newest);
        let numbers: Vec<RecordId> = jobs.keys().copied().collect();
        if !in_force {
            let parents: Vec<_> = (0..case.page_counts.len()).map(|n| record(n as u64)).collect();
            prop_assert_eq!(numbers, parents);
            for (parent, job) in jobs.values().enumerate() {
                let bytes: Vec<_> = (0..job.files.len()).map(|file| Case::bytes(parent, file)).collect();
                prop_assert_eq!(bytes_of(&batch(job)), bytes);
            }
            return Ok(());
        }
        let parts = case.parts();
        let wanted: Vec<_> = parts.iter().map(|part| part.record).collect();
        prop_assert_eq!(numbers, wanted);
        let pile = case.pile();
        for part in parts {
            let job = &jobs[&part.record];
            let pages: Vec<_> = part.pages.iter().map(|&page| pile[page].clone()).collect();
            prop_assert_eq!(case.pages_of(job), pages);
            let origin = job.origin.as_ref().expect("an origin");
            prop_assert_eq!(origin.left_out.len(), part.left_out.len());
            let originals = bytes_of(&batch(job));
            for (left, meant) in origin.left_out.iter().zip(&part.left_out) {
                let there = (originals[left.original].clone(), left.original_page);
                prop_assert_eq!(&there, &pile[meant.page]);
            }
        }
    }
}

/// Two jobs that become two others, ended after `steps`.
fn two_for_two(desk: &Desk, steps: usize) {
    let case = Case {
        page_counts: vec![vec![2], vec![2]],
        dealt: vec![(0, false), (1, false), (1, false), (0, false)],
        steps,
        from_the_newest: false,
    };
    case.interrupt(desk);
}

fn found(desk: &Desk, number: u64) -> Result<Recovered, CaptureError> {
    recover(&desk.folder_of(number), &desk.at("inbox"))
}

#[test]
fn nobody_works_on_a_child_or_a_parent_before_the_main_parent_is_gone() {
    let desk = desk();
    for steps in 2..=5 {
        two_for_two(&desk, steps);
        for other in [1, 100, 101] {
            if desk.folder_of(other).exists() {
                let locked = matches!(found(&desk, other), Err(CaptureError::Locked { .. }));
                assert!(locked, "{other} after {steps}");
            }
        }
        let Ok(Recovered::Rearranged(made)) = found(&desk, 0) else {
            panic!("not ended after {steps}");
        };
        assert_eq!(made.len(), 2);
        made.into_iter()
            .for_each(|job| job.finish().expect("finishes"));
    }
    two_for_two(&desk, 6);
    let Ok(Recovered::Job(first)) = found(&desk, 100) else {
        panic!("a job as any other");
    };
    first.finish().expect("finishes");
    assert!(matches!(found(&desk, 0), Ok(Recovered::Nothing)));
    assert!(
        !desk.folder_of(100).exists(),
        "what was finished is not made again"
    );
}

#[test]
fn a_plan_that_never_came_into_force_is_forgotten() {
    let desk = desk();
    two_for_two(&desk, 1);
    assert!(desk.folder_of(1).join("rearranged.json").exists());
    let Ok(Recovered::Job(job)) = found(&desk, 0) else {
        panic!("a job as any other");
    };
    let Ok(Recovered::Job(other)) = found(&desk, 1) else {
        panic!("a job as any other");
    };
    let merged = deal(
        vec![(*other, &[2]), (*job, &[2])],
        &[part(12, &[0, 1, 2, 3])],
    );
    assert_eq!(merged.expect("another plan").len(), 1);
}

#[test]
fn a_parent_in_our_hands_after_a_late_error_can_do_nothing_more() {
    let desk = desk();
    let (a, b) = (desk.job(0, &[b"a"], ""), desk.job(1, &[b"b"], ""));
    let batches = [batch(&a), batch(&b)];
    let parent = |job, batch| Parent {
        job,
        batch,
        page_counts: &[1],
    };
    let parents = [parent(&a, &batches[0]), parent(&b, &batches[1])];
    // Something in the place where the children are put together.
    fs::write(desk.folder_of(0).join("child"), b"in the way").expect("writes");
    let late = rearrange(&parents, &[part(100, &[0, 1])]).expect_err("in the way");
    assert!(matches!(late, CaptureError::Durable(_)), "{late}");
    let turned = [parent(&b, &batches[1]), parent(&a, &batches[0])];
    for parents in [parents, turned] {
        let again = rearrange(&parents, &[part(101, &[1, 0])]);
        assert!(matches!(again, Err(CaptureError::Locked { .. })));
    }
    let opened = a.open_batch(&generic(), &Limits::default());
    assert!(matches!(opened, Err(CaptureError::Locked { .. })));
    for job in [a, b] {
        let given_back = give_back(job, &desk.at("inbox"));
        assert!(matches!(given_back, Err(CaptureError::Locked { .. })));
    }
    assert!(matches!(found(&desk, 0), Err(CaptureError::Durable(_))));
    fs::remove_file(desk.folder_of(0).join("child")).expect("removes");
    // A process died while it put a child together.
    fs::create_dir(desk.folder_of(0).join("child")).expect("a folder");
    fs::write(desk.folder_of(0).join("child/job.json"), b"{").expect("writes");
    assert_eq!(desk.settle(true).keys().collect::<Vec<_>>(), [&record(100)]);
}

#[test]
fn parents_stay_as_long_as_a_child_is_not_whole() {
    for damage in ["original-0001", "job.json"] {
        let desk = desk();
        two_for_two(&desk, 4);
        let file = desk.folder_of(101).join(damage);
        let bytes = fs::read(&file).expect("reads");
        fs::remove_file(&file).expect("removes");
        for _ in 0..2 {
            assert!(found(&desk, 0).is_err(), "without {damage}");
            assert!(desk.folder_of(0).exists() && desk.folder_of(1).exists());
        }
        fs::write(&file, bytes).expect("writes");
        assert_eq!(desk.settle(false).len(), 2);
    }
}

#[test]
fn a_plan_that_leads_out_of_the_work_folder_is_not_followed() {
    let desk = desk();
    two_for_two(&desk, 2);
    let path = desk.folder_of(0).join("rearranged.json");
    let text = fs::read_to_string(&path).expect("reads");
    let other = format!("\"parent\": \"{}\"", record(7));
    let parent = format!("\"parent\": \"{}\"", record(1));
    for (sound, spoilt) in [
        ("original-0001", "../../inbox/a"),
        ("sohoa-rearranged/1", "sohoa-rearranged/9"),
        (parent.as_str(), other.as_str()),
    ] {
        assert!(text.contains(sound));
        fs::write(&path, text.replace(sound, spoilt)).expect("writes");
        let refused = found(&desk, 0);
        assert!(
            matches!(refused, Err(CaptureError::JobDamaged { .. })),
            "{spoilt}"
        );
    }
}
