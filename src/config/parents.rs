//! Parents by `contexts = { … = "image:NAME" }`: they exist, do not run in circles, and come first.
//!
//! It knows only what the configuration says; parents that a Dockerfile names are found by `inputs`.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::config::nearest::nearest;
use crate::config::source::{Report, shown};
use crate::config::{Image, ImageId, NamedContext, OWN_NAME};
use crate::error::Place;

/// One image's parent: which image it is, by index, and where the file says so.
struct Edge {
    parent: usize,
    place: Place,
}

/// The images with parents first, else in the given order. Unknown parents and circles are reported.
pub(super) fn order(report: &mut Report<'_>, images: Vec<Image>) -> Vec<Image> {
    let edges = edges(report, &images);
    let order = parents_first(&edges);
    let mut position = vec![0; order.len()];
    for (at, index) in order.iter().enumerate() {
        position[*index] = at;
    }
    let upside_down =
        |(child, parents): (usize, &Vec<Edge>)| parents.iter().any(|e| position[e.parent] >= position[child]);
    if edges.iter().enumerate().any(upside_down) {
        circles(report, &images, &edges);
    }
    let mut slots: Vec<Option<Image>> = images.into_iter().map(Some).collect();
    order.into_iter().filter_map(|index| slots.get_mut(index)?.take()).collect()
}

fn edges(report: &mut Report<'_>, images: &[Image]) -> Vec<Vec<Edge>> {
    let index: BTreeMap<&ImageId, usize> =
        images.iter().enumerate().map(|(index, image)| (&image.id, index)).collect();
    let mut edges = Vec::with_capacity(images.len());
    for image in images {
        let mut parents = Vec::new();
        for (name, context) in &image.contexts {
            let NamedContext::Image(id) = context else { continue };
            let place = image.places.get(&format!("contexts.{name}")).unwrap_or(&image.place);
            match index.get(id) {
                Some(parent) => parents.push(Edge { parent: *parent, place: place.clone() }),
                None => unknown_parent(report, images, id, place),
            }
        }
        edges.push(parents);
    }
    edges
}

fn unknown_parent(report: &mut Report<'_>, images: &[Image], id: &ImageId, place: &Place) {
    let ImageId::Named(name) = id else {
        return report.wrong_but(
            place,
            format!("`image:{OWN_NAME}` is the image of [image], which is not there"),
            "add [image], an empty table will do",
        );
    };
    let message = format!("there is no image {}", shown(name));
    let names = images.iter().filter_map(|image| match &image.id {
        ImageId::Named(name) => Some(name.as_str()),
        ImageId::Own => None,
    });
    match nearest(name, names) {
        Some(meant) => {
            report.wrong_but(place, message, format!("did you mean `image:{}`?", meant.escape_debug()))
        }
        None => report.wrong_but(place, message, format!("add [{}]", super::table::join("images", name))),
    }
}

/// Reports circles until each parent that is part of one stands in a reported one.
fn circles(report: &mut Report<'_>, images: &[Image], edges: &[Vec<Edge>]) {
    let mut told: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (child, parents) in edges.iter().enumerate() {
        for edge in parents {
            if told.contains(&(child, edge.parent)) {
                continue;
            }
            let Some(way) = way(edges, edge.parent, child) else { continue };
            let steps = std::iter::once(child).chain(way.iter().copied());
            told.extend(steps.zip(way.iter().copied()));
            let names: Vec<String> =
                std::iter::once(child).chain(way).filter_map(|at| Some(name(images.get(at)?))).collect();
            report.wrong_but(
                &edge.place,
                format!("images are their own parents: {}", names.join(" -> ")),
                "take one of these contexts out",
            );
        }
    }
}

/// As `image:` names it.
fn name(image: &Image) -> String {
    match &image.id {
        ImageId::Own => OWN_NAME.to_owned(),
        ImageId::Named(name) => name.clone(),
    }
}

/// The shortest way from one image to another over parents, both ends included.
fn way(edges: &[Vec<Edge>], from: usize, to: usize) -> Option<Vec<usize>> {
    let mut came: BTreeMap<usize, usize> = BTreeMap::from([(from, from)]);
    let mut next = VecDeque::from([from]);
    while let Some(at) = next.pop_front() {
        if at == to {
            let mut way = vec![to];
            let mut at = to;
            while at != from {
                at = *came.get(&at)?;
                way.push(at);
            }
            way.reverse();
            return Some(way);
        }
        for edge in edges.get(at).into_iter().flatten() {
            if let Entry::Vacant(vacant) = came.entry(edge.parent) {
                vacant.insert(at);
                next.push_back(edge.parent);
            }
        }
    }
    None
}

/// Depth first with a stack of its own, since a chain may be as long as the file.
fn parents_first(edges: &[Vec<Edge>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(edges.len());
    let mut entered = vec![false; edges.len()];
    for start in 0..edges.len() {
        let mut stack = vec![(start, 0)];
        while let Some((at, nth)) = stack.pop() {
            if nth == 0 && std::mem::replace(&mut entered[at], true) {
                continue;
            }
            match edges[at].get(nth) {
                Some(edge) => stack.extend([(at, nth + 1), (edge.parent, 0)]),
                None => order.push(at),
            }
        }
    }
    order
}
