//! The table of roles and permissions, as the rules have it.

use domain::role::{Permission, Role};
use serde_json::{Value, json};

use super::output::Output;

/// Prints a line a permission, with the roles that hold it.
pub(super) fn print(output: Output) -> anyhow::Result<()> {
    output.value(&table())?;
    if !output.is_json() {
        Output::text(
            "\noption: auditors hold it where the workspace's policy lets auditors read tokens",
        )?;
    }
    Ok(())
}

fn table() -> Value {
    Permission::ALL.iter().map(|permission| row(*permission)).collect()
}

fn row(permission: Permission) -> Value {
    let mut row = serde_json::Map::from_iter([("permission".into(), permission.as_str().into())]);
    for role in Role::ALL {
        let held = match (role.permits(permission, false), role.permits(permission, true)) {
            (true, _) => json!("yes"),
            (false, true) => json!("option"),
            (false, false) => Value::Null,
        };
        row.insert(role.as_str().into(), held);
    }
    row.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_who_manages_tokens() {
        let table = table();
        let row = table.as_array().unwrap().iter().find(|row| row["permission"] == "tokens:manage");
        let row = row.unwrap();
        assert_eq!((&row["admin"], &row["owner"]), (&json!("yes"), &json!("yes")));
        assert_eq!((&row["member"], &row["auditor"]), (&Value::Null, &Value::Null));
    }
}
