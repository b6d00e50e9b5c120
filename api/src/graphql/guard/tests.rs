use async_graphql::parser::parse_query;
use proptest::prelude::*;

use super::{measure::*, *};

fn measured(document: &str) -> (Measure, u64) {
    measure(&parse_query(document).unwrap()).unwrap()
}

/// A fragment bomb: each of `depth` fragments spreads the next `width` times.
fn bomb(width: u32, depth: u32) -> String {
    let fragment = |level: u32| {
        let spreads = format!("...f{} ", level + 1).repeat(width as usize);
        format!("fragment f{level} on Query {{ {spreads} }}")
    };
    let fragments: Vec<_> = (0..depth).map(fragment).collect();
    let last = format!("fragment f{depth} on Query {{ viewer {{ permissions }} }}");
    format!("{{ ...f0 }} {} {last}", fragments.join(" "))
}

fn refused(document: &str) -> Option<String> {
    check(&mut Request::new(document)).err().map(|error| error.message)
}

#[test]
fn an_honest_document_passes() {
    let page = "query Page($after: Cursor) {
        agentTokens(first: 20, after: $after) {
            edges { cursor node { ...row } } pageInfo { hasNextPage endCursor } totalCount
        }
    }
    fragment row on AgentToken { id name hint status createdBy { label } replacedBy { id } }";
    assert_eq!(refused(page), None);
    let (measure, steps) = measured(page);
    assert_eq!((measure.roots, measure.depth, measure.aliases), (1, 5, 0));
    assert!(steps < 30);
}

/// As graphql-js asks, nine types deep.
#[test]
fn a_tool_may_look_at_the_whole_schema() {
    let of_type = "ofType { name kind ".repeat(9) + &"} ".repeat(9);
    let introspection = format!(
        "query IntrospectionQuery {{ __schema {{ description queryType {{ name }}
           mutationType {{ name }} subscriptionType {{ name }} types {{ ...FullType }}
           directives {{ name description locations args {{ ...InputValue }} }} }} }}
         fragment FullType on __Type {{ kind name description
           fields(includeDeprecated: true) {{ name description args {{ ...InputValue }}
             type {{ ...TypeRef }} isDeprecated deprecationReason }}
           inputFields {{ ...InputValue }} interfaces {{ ...TypeRef }}
           enumValues(includeDeprecated: true) {{ name }} possibleTypes {{ ...TypeRef }} }}
         fragment InputValue on __InputValue {{ name description type {{ ...TypeRef }}
           defaultValue }}
         fragment TypeRef on __Type {{ kind name {of_type} }}"
    );
    assert_eq!(refused(&introspection), None);
}

#[test]
fn a_fragment_that_spreads_itself_is_refused() {
    for cycle in [
        "{ ...a } fragment a on Q { ...a }",
        "{ ...a } fragment a on Q { b { ...c } } fragment c on Q { ...a }",
    ] {
        assert!(refused(cycle).unwrap().contains("spreads itself"));
    }
}

#[test]
fn each_limit_holds() {
    let aliases: Vec<_> = (0..16).map(|n| format!("a{n}: viewer {{ id }}")).collect();
    let aliases = aliases.join(" ");
    let roots = "viewer ".repeat(11);
    let deep = format!("{}a{}", "{ a".repeat(12), "}".repeat(12)).replace("aa", "a { a }");
    let directives = format!("{{ viewer {} }}", "@skip(if: false) ".repeat(9));
    for (document, limit) in [
        (format!("{{ {aliases} }}"), "aliases"),
        (format!("{{ {roots} }}"), "at the top"),
        (deep, "within each other"),
        (directives, "directives"),
        ("mutation { createToken rotateToken }".into(), "concerns a secret"),
        (
            "mutation { ...a ...a } fragment a on Mutation { createToken }".into(),
            "concerns a secret",
        ),
        (format!("{{ viewer {{ {} }} }}", "id ".repeat(1_000)), "selections"),
    ] {
        let refusal = refused(&document).unwrap_or_else(|| panic!("passes: {document}"));
        assert!(refusal.contains(limit), "{refusal}: {document}");
    }
    assert_eq!(refused("{ createToken rotateToken }"), None, "a query changes nothing");
}

#[test]
fn large_variables_are_refused() {
    let variables = Variables::from_json(serde_json::json!({ "name": "x".repeat(VARIABLES) }));
    assert!(check(&mut Request::new("{ viewer }").variables(variables)).is_err());
}

proptest! {
    #[test]
    fn a_bomb_costs_its_length_and_never_what_it_expands_to(
        width in 1_u32..40,
        depth in 1_u32..60,
    ) {
        let document = bomb(width, depth);
        let (measure, steps) = measured(&document);
        prop_assert!(steps <= u64::from((width + 2) * (depth + 2)));
        let expands_to = u64::from(width).saturating_pow(depth);
        prop_assert!(measure.nodes >= expands_to);
        prop_assert!(expands_to <= NODES || refused(&document).is_some());
    }

    #[test]
    fn any_text_is_refused_or_measured_in_its_own_length(
        document in "[a-z{}()\\[\\]\"#.@:$ \\n]{0,400}",
    ) {
        let mut request = Request::new(&*document);
        if check(&mut request).is_ok() {
            let (_, steps) = measure(request.parsed_query().unwrap()).unwrap();
            prop_assert!(steps <= document.len() as u64);
        }
    }
}
