//! Measure: how large a document is once its fragments are expanded.
//!
//! A fragment is measured once and its measure added wherever it is spread, so measuring costs
//! the length of the document, whatever it expands to (the library's own checks
//! expand each spread again, width to the power of depth).

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned,
    parser::types::{
        ExecutableDocument, FragmentDefinition, OperationType, Selection, SelectionSet,
    },
};

/// Mutations that hand out a secret or tell whether a guess was right.
const SENSITIVE: [&str; 4] = ["createToken", "rotateToken", "revokeAllTokens", "addMember"];

/// Fields that look at the schema: tools ask for types of types of types, deeper than anyone asks
/// for data, and the schema's own size bounds what they get.
const INTROSPECTION: [&str; 2] = ["__schema", "__type"];

/// What a selection expands to. Sums saturate, so that no bomb wraps around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Measure {
    /// Selections, expanded.
    pub(super) nodes: u64,
    /// Fields within fields.
    pub(super) depth: u64,
    pub(super) aliases: u64,
    pub(super) directives: u64,
    /// Fields at the top, expanded.
    pub(super) roots: u64,
    /// Sensitive mutations at the top, expanded.
    pub(super) sensitive: u64,
}

/// A fragment spreads itself, directly or by way of others.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cycle;

enum Known {
    /// Being measured: a spread of it now is a cycle.
    Open,
    Measured(Measure),
}

struct Measurer<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    known: HashMap<&'a str, Known>,
    /// Selections looked at; the whole cost.
    steps: u64,
}

/// Measures all operations and fragments of a document together; also tells the steps it took.
///
/// The largest fragment counts by itself too, spread or not: the library looks at each of them.
pub(super) fn measure(document: &ExecutableDocument) -> Result<(Measure, u64), Cycle> {
    let fragments = &document.fragments;
    let mut measurer = Measurer { fragments, known: HashMap::new(), steps: 0 };
    let mut whole = Measure::default();
    for fragment in fragments.keys() {
        let measure = measurer.fragment(fragment)?;
        whole.nodes = whole.nodes.max(measure.nodes);
    }
    for (_, operation) in document.operations.iter() {
        let is_mutation = operation.node.ty == OperationType::Mutation;
        let measure = measurer.set(&operation.node.selection_set.node)?;
        whole.nodes = whole.nodes.saturating_add(measure.nodes);
        whole.depth = whole.depth.max(measure.depth);
        whole.aliases = whole.aliases.saturating_add(measure.aliases);
        let own = operation.node.directives.len() as u64;
        whole.directives = whole.directives.saturating_add(measure.directives.saturating_add(own));
        whole.roots = whole.roots.saturating_add(measure.roots);
        if is_mutation {
            whole.sensitive = whole.sensitive.saturating_add(measure.sensitive);
        }
    }
    Ok((whole, measurer.steps))
}

impl<'a> Measurer<'a> {
    fn set(&mut self, set: &'a SelectionSet) -> Result<Measure, Cycle> {
        let mut sum = Measure::default();
        for selection in &set.items {
            self.steps += 1;
            let directives = selection.node.directives().len() as u64;
            let part = match &selection.node {
                Selection::Field(field) => self.field(&field.node)?,
                Selection::InlineFragment(inline) => {
                    self.set(&inline.node.selection_set.node)?.within_fragment()
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node)?.within_fragment()
                }
            };
            sum.add(part, directives);
        }
        Ok(sum)
    }

    fn field(&mut self, field: &'a async_graphql::parser::types::Field) -> Result<Measure, Cycle> {
        let inside = self.set(&field.selection_set.node)?;
        let name = field.name.node.as_str();
        Ok(Measure {
            nodes: inside.nodes.saturating_add(1),
            depth: if INTROSPECTION.contains(&name) { 1 } else { inside.depth + 1 },
            aliases: inside.aliases.saturating_add(field.alias.is_some().into()),
            directives: inside.directives,
            roots: 1,
            sensitive: SENSITIVE.contains(&name).into(),
        })
    }

    fn fragment(&mut self, name: &'a Name) -> Result<Measure, Cycle> {
        match self.known.get(name.as_str()) {
            Some(Known::Measured(measure)) => return Ok(*measure),
            Some(Known::Open) => return Err(Cycle),
            None => {}
        }
        // A spread of nothing is the library's to refuse.
        let Some(fragment) = self.fragments.get(name) else { return Ok(Measure::default()) };
        self.known.insert(name, Known::Open);
        let mut measure = self.set(&fragment.node.selection_set.node)?;
        let own = fragment.node.directives.len() as u64;
        measure.directives = measure.directives.saturating_add(own);
        self.known.insert(name, Known::Measured(measure));
        Ok(measure)
    }
}

impl Measure {
    /// The spread or inline fragment counts as a node of its own, and adds no depth.
    fn within_fragment(self) -> Self {
        Self { nodes: self.nodes.saturating_add(1), ..self }
    }

    fn add(&mut self, part: Self, directives: u64) {
        self.nodes = self.nodes.saturating_add(part.nodes);
        self.depth = self.depth.max(part.depth);
        self.aliases = self.aliases.saturating_add(part.aliases);
        self.directives =
            self.directives.saturating_add(part.directives.saturating_add(directives));
        self.roots = self.roots.saturating_add(part.roots);
        self.sensitive = self.sensitive.saturating_add(part.sensitive);
    }
}
