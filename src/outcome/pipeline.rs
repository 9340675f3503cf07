//! Pipelines: each member in a shell of its own, and which status counts.

use crate::model::command::{Dialect, Pipeline};

use super::path::{ANY, Flow, Path, merged};
use super::player::{Player, first_word, first_word_of, settled};
use super::{Cause, Code};

impl Player<'_> {
    pub(super) fn pipeline(&self, pipeline: &Pipeline, path: Path) -> Vec<Path> {
        let guarded = path.checked;
        let mut path = path;
        path.checked |= !pipeline.not.is_empty();
        if pipeline.not.len() > 1
            && self.dialect != Dialect::Bash
            && let Some(word) = first_word(pipeline)
        {
            let why = "only bash reads `!` twice";
            return vec![self.unknown(path, word.span(), "!", why)];
        }
        let mut paths = match pipeline.commands.as_slice() {
            [command] => self.command(command, path),
            _ => self.members(pipeline, &path),
        };
        for path in &mut paths {
            path.checked = guarded;
            if !path.goes_on() {
                continue;
            }
            if pipeline.not.len() % 2 == 1 {
                match path.code {
                    Code::Exact(0) => path.code = Code::Exact(1),
                    code if code.is_failure() => {
                        path.code = Code::Exact(0);
                        path.lost = first_word(pipeline).map(|word| {
                            let start = pipeline.range.start;
                            let span = word.source.span_of(start..start + 1);
                            Cause::new(span, "!", "`!` turns the failure into success")
                        });
                    }
                    _ => {}
                }
            }
        }
        if pipeline.not.is_empty() && !guarded {
            paths = paths
                .into_iter()
                .flat_map(|path| {
                    if path.errexit {
                        path.split(self.may_hang())
                    } else {
                        vec![path]
                    }
                })
                .map(|mut path| {
                    if path.errexit && path.goes_on() && path.code.is_failure() {
                        path.flow = Flow::Exit;
                    }
                    path
                })
                .collect();
        }
        merged(paths)
    }

    /// The members of a pipeline, each in a shell of its own, each reading what the one before it printed.
    fn members(&self, pipeline: &Pipeline, path: &Path) -> Vec<Path> {
        let mut ways: Vec<(Path, Vec<Code>, bool)> = vec![(path.clone(), Vec::new(), false)];
        for (at, command) in pipeline.commands.iter().enumerate() {
            let mut next = Vec::new();
            for (joint, codes, hung) in ways {
                let mut member = joint.clone();
                member.variables.clone_from(&path.variables);
                if at > 0 {
                    member.input = std::mem::take(&mut member.output);
                }
                member.output.clear();
                member.noise = false;
                let last = at + 1 == pipeline.commands.len();
                let ends = self.command(command, member).into_iter();
                // What may wait for a silent service keeps the whole pipeline waiting.
                let ends = ends.flat_map(|path| {
                    if self.may_hang() && !last {
                        path.split(true)
                    } else {
                        vec![path]
                    }
                });
                for ended in ends {
                    let ended = settled(ended, true);
                    let mut joint = joint.clone();
                    joint.output.clone_from(&ended.output);
                    let both = pipeline.pipes.get(at).is_some_and(|(_, both)| *both);
                    if both && ended.noise {
                        joint.print(ANY);
                    }
                    joint.take_grounds(&ended);
                    let mut codes = codes.clone();
                    codes.push(ended.code);
                    next.push((joint, codes, hung || ended.flow == Flow::Hung));
                }
            }
            next.truncate(96);
            ways = next;
        }
        ways.into_iter()
            .map(|(joint, codes, hung)| {
                let mut outer = path.clone();
                outer.print(&joint.output);
                outer.take_grounds(&joint);
                if hung {
                    outer.flow = Flow::Hung;
                    return outer;
                }
                let last = codes.last().copied().unwrap_or(Code::Exact(0));
                outer.code = last;
                if path.pipefail {
                    outer.code = codes
                        .iter()
                        .rev()
                        .copied()
                        .find(|code| !code.is_zero())
                        .unwrap_or(last);
                    if outer.code == Code::Any && codes.iter().any(|code| code.is_failure()) {
                        outer.code = Code::Failure;
                    }
                }
                let failed = codes.iter().any(|code| code.is_failure());
                if failed
                    && outer.code.is_zero()
                    && let Some(word) = pipeline.commands.last().and_then(first_word_of)
                {
                    let shown = word.text.shown();
                    outer.lost = Some(Cause::new(
                        word.span(),
                        shown.clone(),
                        format!("`{shown}` ends the pipeline, and only the last status counts"),
                    ));
                }
                outer
            })
            .collect()
    }
}
