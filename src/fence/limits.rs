//! What a fenced process does to itself before it touches anything foreign.

use std::io;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Limits the address space for the process's life, and allows no core file, for that would be a copy of
/// somebody's papers.
pub(crate) fn start_inside(memory_mib: u64) -> io::Result<()> {
    limit(Resource::Core, 0)?;
    limit(Resource::As, memory_mib.saturating_mul(1 << 20))
}

/// Allows so much more processor time from now on; the hard limit stays, so that it can be moved.
pub(crate) fn limit_processor(more: Duration) -> io::Result<()> {
    let used = clock_gettime(ClockId::ProcessCPUTime).tv_sec;
    let used = u64::try_from(used).unwrap_or(0);
    let maximum = rustix::process::getrlimit(Resource::Cpu).maximum;
    let current = used.saturating_add(more.as_secs()).saturating_add(1);
    let limit = Rlimit {
        current: Some(maximum.map_or(current, |most| most.min(current))),
        maximum,
    };
    Ok(setrlimit(Resource::Cpu, limit)?)
}

fn limit(resource: Resource, most: u64) -> io::Result<()> {
    let limit = Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    Ok(setrlimit(resource, limit)?)
}
