//! Tables whose placeholders are not filled in: those of `discover` before there is a match, and `[defaults]`, which has
//! nothing to fill in.
//!
//! It must not know what a key means.

use std::collections::BTreeSet;

use crate::config::raw::Image;
use crate::config::source::{Report, shown};
use crate::config::table::Text;

/// What of a `discover` item can be judged before there is a match: the strings without a number in braces.
pub(super) fn without(table: &Image) -> Image {
    let mut table = table.clone();
    let stays = |text: &Text| !names(&text.value).any(is_number);
    let Image { context, dockerfile, target, salt, .. } = &mut table;
    for text in [context, dockerfile, target, salt] {
        text.take_if(|text| !stays(text));
    }
    let Image { platforms, build_args_files, volatile_args, extra_inputs, inputs, .. } = &mut table;
    for list in [platforms, build_args_files, volatile_args, extra_inputs].into_iter().chain(inputs) {
        list.retain(stays);
    }
    for entries in [&mut table.build_args, &mut table.contexts] {
        entries.retain(|(name, value)| stays(name) && stays(value));
    }
    for (_, sources) in &mut table.generated {
        // Sources that are filled in later are still sources.
        for source in sources.iter_mut().filter(|source| !stays(source)) {
            *source = Text::made("x", source.place.clone());
        }
    }
    table.generated.retain(|(name, _)| stays(name));
    table
}

/// Reports what looks like a placeholder in `[defaults]`: there it would stay as it stands, which nobody means. `axes`
/// are the names of matrices, `numbers` whether there are patterns.
pub(super) fn refuse(report: &mut Report<'_>, defaults: &Image, axes: &BTreeSet<&str>, numbers: bool) {
    for text in texts(defaults) {
        if let Some(name) = names(&text.value).find(|name| axes.contains(name) || numbers && is_number(name))
        {
            let message = format!("{} is not filled in here", shown(&format!("{{{name}}}")));
            let hint = "[defaults] is for all images alike: write it in the table or the item whose placeholder it is";
            report.wrong_but(&text.place, message, hint);
        }
    }
}

fn texts(table: &Image) -> impl Iterator<Item = &Text> {
    let single = [&table.context, &table.dockerfile, &table.target, &table.salt].into_iter().flatten();
    let lists = [&table.platforms, &table.build_args_files, &table.volatile_args, &table.extra_inputs];
    let lists = lists.into_iter().chain(&table.inputs).flatten();
    let pairs = table.build_args.iter().chain(&table.contexts).flat_map(|(name, value)| [name, value]);
    let generated = table.generated.iter().flat_map(|(name, sources)| std::iter::once(name).chain(sources));
    single.chain(lists).chain(pairs).chain(generated)
}

/// What stands between braces.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|after| Some(after.split_once('}')?.0))
}

fn is_number(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}
