//! The SQL of queries/: rules for its text, and its plans.

mod event_pages;
mod lint;
mod plans;

use std::{collections::BTreeSet, fs, path::PathBuf};

use lint::{
    ALL_COLUMNS, FOREIGN_ROWS, SESSION_BOUND, SKIPS_LOCKED, Statement, UNDOCUMENTED, UNSTABLE,
    WRITES_IN_WITH, faults, makes_trigger, parse,
};

#[test]
fn every_statement_keeps_the_rules() {
    let broken: Vec<_> = statements()
        .iter()
        .flat_map(|statement| {
            let name = format!("{}::{}", statement.file, statement.name);
            faults(statement)
                .into_iter()
                .map(move |fault| format!("{name} {fault}"))
        })
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

/// A connection prepares the listed statements, or sends them with the listed types.
#[test]
fn every_statement_is_listed_and_no_other() {
    let mut listed = Vec::new();
    for (file, _) in files("queries") {
        let module = read(&format!("generated/db/src/queries/{file}.rs"));
        let (_, list) = module.split_once("pub fn statements()").unwrap();
        let before = list.split("().0").map(|before| {
            let name = |letter: char| letter.is_alphanumeric() || letter == '_';
            before.rsplit(|letter| !name(letter)).next().unwrap()
        });
        let names: Vec<_> = before.collect();
        let (_, names) = names.split_last().unwrap();
        listed.extend(names.iter().map(|name| format!("{file}::{name}")));
        let joined = read("generated/db/src/statements.rs");
        assert!(joined.contains(&format!("queries::{file}::statements()")));
    }
    let written: Vec<_> = statements()
        .iter()
        .map(|statement| format!("{}::{}", statement.file, statement.name))
        .collect();
    let set = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(set(&listed), set(&written));
    assert_eq!(listed.len(), written.len(), "one is there twice");
}

#[test]
fn the_plan_of_every_statement_on_a_table_is_asserted() {
    let plans = concat!(
        include_str!("statements/plans.rs"),
        include_str!("statements/event_pages.rs")
    );
    for statement in statements() {
        // An INSERT of values alone, and a statement without a table, have no look-up.
        if ["insert_events", "ping"].contains(&statement.name.as_str()) {
            continue;
        }
        let name = format!("\"{}\"", statement.name);
        assert!(
            plans.contains(&name),
            "{name} has no case in plans.rs or event_pages.rs"
        );
    }
}

#[test]
fn migrations_make_no_triggers() {
    for (file, text) in files("migrations") {
        assert!(!makes_trigger(&text), "{file}");
    }
    assert!(makes_trigger("Create Or Replace\nTRIGGER t AFTER INSERT …"));
    assert!(!makes_trigger(
        "-- no trigger\nCREATE TABLE t (a text DEFAULT 'trigger')"
    ));
}

/// Statements, and the rule that each of them breaks.
const BROKEN: &[(&str, &str)] = &[
    ("SELECT id FROM orders", FOREIGN_ROWS),
    (
        "SELECT id FROM orders WHERE id = :id -- tenant_id = :tenant_id",
        FOREIGN_ROWS,
    ),
    (
        "SELECT id FROM orders WHERE name = 'tenant_id = :tenant_id'",
        FOREIGN_ROWS,
    ),
    (
        "SELECT id FROM orders WHERE tenant_id <> :tenant_id",
        FOREIGN_ROWS,
    ),
    (
        "SELECT id FROM orders WHERE other_tenant_id = :tenant_id",
        FOREIGN_ROWS,
    ),
    (
        "UPDATE orders SET status = :status WHERE id = :id",
        FOREIGN_ROWS,
    ),
    ("DELETE FROM orders WHERE id = :id", FOREIGN_ROWS),
    (
        "INSERT INTO t (id, tenant_id) VALUES (:id, :tenant_id)",
        FOREIGN_ROWS,
    ),
    (
        "INSERT INTO t (tenant_id, id) VALUES (:id, :id)",
        FOREIGN_ROWS,
    ),
    (
        "INSERT INTO t (tenant_id, id) SELECT :tenant_id, id FROM u",
        FOREIGN_ROWS,
    ),
    (
        "WITH n AS (INSERT INTO t (tenant_id) VALUES (:tenant_id)) SELECT 1",
        WRITES_IN_WITH,
    ),
    (
        "WITH n AS MATERIALIZED (\n UPDATE t SET a = 1 WHERE tenant_id = :tenant_id) SELECT 1",
        WRITES_IN_WITH,
    ),
    (
        "WITH n AS (DELETE FROM t WHERE tenant_id = :tenant_id) SELECT 1",
        WRITES_IN_WITH,
    ),
    (
        "INSERT INTO t AS t (tenant_id) VALUES (:tenant_id) ON CONFLICT (tenant_id) DO UPDATE SET a = now()",
        UNSTABLE,
    ),
    (
        "INSERT INTO t (tenant_id) VALUES (:tenant_id) ON CONFLICT (tenant_id) DO UPDATE SET a = 1 WHERE t.at < clock_timestamp ()",
        UNSTABLE,
    ),
    (
        "INSERT INTO t (tenant_id) VALUES (:tenant_id) ON CONFLICT (tenant_id) DO UPDATE SET a = current_timestamp",
        UNSTABLE,
    ),
    (
        "INSERT INTO t (tenant_id) VALUES (:tenant_id) RETURNING pg_catalog.random()",
        UNSTABLE,
    ),
    (
        "UPDATE t SET a = 1 WHERE tenant_id = :tenant_id RETURNING gen_random_uuid()",
        UNSTABLE,
    ),
    (
        "DELETE FROM t WHERE tenant_id = :tenant_id RETURNING nextval('s')",
        UNSTABLE,
    ),
    (
        "DELETE FROM t WHERE tenant_id = :tenant_id RETURNING statement_timestamp()",
        UNSTABLE,
    ),
    (
        "DELETE FROM t WHERE tenant_id = :tenant_id RETURNING current_setting('s')",
        UNSTABLE,
    ),
    (
        "DELETE FROM t WHERE tenant_id = :tenant_id RETURNING LocalTime",
        UNSTABLE,
    ),
    ("LISTEN orders", SESSION_BOUND),
    ("NOTIFY orders", SESSION_BOUND),
    ("SELECT pg_notify('orders', '')", SESSION_BOUND),
    ("SELECT pg_try_advisory_xact_lock(1)", SESSION_BOUND),
    (
        "SELECT id FROM outbox FOR UPDATE SKIP  LOCKED",
        SKIPS_LOCKED,
    ),
    (
        "UPDATE outbox AS e SET a = 1 WHERE e.tenant_id = :tenant_id AND id IN (SELECT id FROM outbox LIMIT 1 FOR UPDATE SKIP LOCKED)",
        SKIPS_LOCKED,
    ),
    (
        "UPDATE outbox AS e SET a = 1 FROM unnest(:ids) AS request WHERE e.tenant_id = request.tenant_id AND id IN (SELECT id FROM outbox WHERE tenant_id = request.tenant_id FOR UPDATE SKIP LOCKED)",
        SKIPS_LOCKED,
    ),
    ("SELECT * FROM t WHERE tenant_id = :tenant_id", ALL_COLUMNS),
    (
        "SELECT a, t.* FROM t WHERE tenant_id = :tenant_id",
        ALL_COLUMNS,
    ),
    (
        "DELETE FROM t WHERE tenant_id = :tenant_id RETURNING *",
        ALL_COLUMNS,
    ),
];

#[test]
fn each_rule_finds_a_statement_that_breaks_it() {
    for (sql, fault) in BROKEN {
        let statement = &parse("t", &format!("-- One row.\n--! s\n{sql};"))[0];
        assert!(faults(statement).contains(fault), "{sql}: not {fault}");
    }
    let writes = "-- One row.\n--! find_waiting\nDELETE FROM outbox RETURNING id;";
    let locks = "-- One row.\n--! find_waiting\nSELECT id FROM outbox FOR UPDATE;";
    for looks_no_more in [writes, locks] {
        assert_eq!(faults(&parse("outbox", looks_no_more)[0]), [FOREIGN_ROWS]);
    }
    for undocumented in [
        "--! s\nSELECT 1;",
        "-- Of the file.\n\n--! s\nSELECT 1;",
        "--: Row()\n--! s\nSELECT 1;",
        "--\n--! s\nSELECT 1;",
    ] {
        assert_eq!(faults(&parse("t", undocumented)[0]), [UNDOCUMENTED]);
    }
}

#[test]
fn valid_statements_break_no_rule() {
    for sql in [
        "SELECT 'select * from orders; listen' AS \"from\" -- FROM orders",
        "SELECT count(*), 2 * a FROM t WHERE t.tenant_id = :tenant_id",
        "SELECT a FROM t WHERE tenant_id=:tenant_id FOR UPDATE",
        "UPDATE t SET at = now() WHERE tenant_id = :tenant_id RETURNING at",
        "UPDATE outbox AS e SET at = now() WHERE e.tenant_id = :tenant_id AND e.id = ANY (ARRAY(
             SELECT w.id FROM outbox AS w WHERE w.tenant_id = :tenant_id FOR UPDATE SKIP LOCKED)) RETURNING e.at",
        "INSERT INTO t AS k (tenant_id, at) VALUES (:tenant_id, now())
         ON CONFLICT (tenant_id) DO UPDATE SET at = excluded.at WHERE (k.at) < excluded.at AND k.a IN (1, 2) RETURNING k.at",
    ] {
        let statement = &parse("t", &format!("-- One row.\n--! s : S\n{sql};"))[0];
        assert_eq!(faults(statement), [""; 0], "{sql}");
        assert_eq!(statement.name, "s");
    }
}

fn statements() -> Vec<Statement> {
    let statements: Vec<_> = files("queries")
        .iter()
        .flat_map(|(file, text)| parse(file, text))
        .collect();
    assert!(!statements.is_empty());
    statements
}

fn files(folder: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let sql = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"));
    sql.map(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    })
    .collect()
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}
