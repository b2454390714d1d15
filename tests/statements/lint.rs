//! Rules for the text of a statement.

/// A statement of queries/, between its `--!` line and the semicolon.
pub struct Statement {
    pub file: String,
    pub name: String,
    has_doc: bool,
    /// Lower case, without comments and the contents of literals.
    words: Vec<String>,
}

// === the rules ===

pub const UNDOCUMENTED: &str = "does not say what its rows mean";
pub const FOREIGN_ROWS: &str = "touches a table without `tenant_id = request.tenant_id`";
/// The other parts of the statement do not see such a row.
pub const WRITES_IN_WITH: &str = "writes in a subquery";
/// Distributed tables accept immutable functions alone there: all replicas of a row must be equal.
pub const UNSTABLE: &str = "calls a function in ON CONFLICT or RETURNING";
/// Poolers in transaction mode and distributed databases do not support them.
pub const SESSION_BOUND: &str = "uses LISTEN, NOTIFY or advisory locks";
/// Distributed databases refuse it over more than one tenant.
pub const SKIPS_LOCKED: &str = "uses SKIP LOCKED without `tenant_id = :tenant_id`";
pub const ALL_COLUMNS: &str = "selects `*`";

/// The only statements that may read the rows of all tenants: the relay, the purges and the
/// commands need them to find the tenants.
const LOOKS: [&str; 8] = [
    "find_waiting",
    "count_backlog",
    "list_events",
    "list_waiting",
    "list_parked",
    "list_published",
    "find_published",
    "find_expired_keys",
];

/// Words before `(` that are no functions, and immutable functions.
const NO_CALLS: [&str; 12] = [
    "conflict", "and", "or", "not", "in", "any", "all", "where", "set", "then", "coalesce", "=",
];

pub fn faults(statement: &Statement) -> Vec<&'static str> {
    let words: Vec<&str> = statement.words.iter().map(String::as_str).collect();
    let follow = |first: &str, second: &str| words.windows(2).any(|pair| pair == [first, second]);
    let any = |test: &dyn Fn(&str) -> bool| words.iter().any(|word| test(word));
    let writes = ["insert", "update", "delete", "merge"];
    [
        (!statement.has_doc, UNDOCUMENTED),
        (
            touches_table(&words) && !names_tenant(&words) && !looks(statement, &words),
            FOREIGN_ROWS,
        ),
        (
            writes.iter().any(|write| follow("(", write)),
            WRITES_IN_WITH,
        ),
        (calls_behind_conflict_or_returning(&words), UNSTABLE),
        (
            any(&|word| matches!(word, "listen" | "unlisten" | "notify" | "pg_notify"))
                || any(&|word| word.contains("advisory")),
            SESSION_BOUND,
        ),
        (
            follow("skip", "locked") && !fixes_tenant(&words),
            SKIPS_LOCKED,
        ),
        (
            follow("select", "*")
                || follow("returning", "*")
                || follow(",", "*")
                || any(&|word| word.ends_with(".")),
            ALL_COLUMNS,
        ),
    ]
    .into_iter()
    .filter_map(|(broken, fault)| broken.then_some(fault))
    .collect()
}

fn touches_table(words: &[&str]) -> bool {
    words
        .iter()
        .any(|word| matches!(*word, "from" | "into" | "update" | "join" | "using"))
}

/// Reads and locks nothing.
fn looks(statement: &Statement, words: &[&str]) -> bool {
    LOOKS.contains(&statement.name.as_str())
        && matches!(words.first(), Some(&"select" | &"with"))
        && !words
            .iter()
            .any(|word| matches!(*word, "insert" | "update" | "delete" | "merge"))
        && !words
            .windows(2)
            .any(|pair| pair[0] == "for" && matches!(pair[1], "update" | "share" | "no" | "key"))
}

/// Whether each table is restricted to one tenant by a parameter.
fn fixes_tenant(words: &[&str]) -> bool {
    let tables = words
        .iter()
        .filter(|word| matches!(**word, "outbox" | "orders" | "idempotency_keys"));
    let fixed = words.windows(3).filter(|three| {
        three[0].ends_with("tenant_id") && three[1] == "=" && !three[2].starts_with("request.")
    });
    words
        .windows(3)
        .any(|three| three == ["e.tenant_id", "=", ":tenant_id"])
        && fixed.count() == tables.count()
}

fn names_tenant(words: &[&str]) -> bool {
    let compared = words.windows(3).any(|three| {
        let [column, operator, value] = three else {
            return false;
        };
        // A statement handles many requests; `request` is its alias for the request of a row.
        (*column == "tenant_id" || column.ends_with(".tenant_id"))
            && *operator == "="
            && matches!(*value, ":tenant_id" | "request.tenant_id")
    });
    let follow = |first: &str, second: &str, third: &str| {
        words
            .windows(3)
            .any(|three| three[0] == first && three[1] == second && three[2] == third)
    };
    let columns = words.iter().position(|word| *word == "(");
    let inserted = words.first() == Some(&"insert")
        && columns.is_some_and(|at| words.get(at + 1) == Some(&"tenant_id"))
        && (follow("values", "(", ":tenant_id")
            || words
                .windows(2)
                .any(|two| two == ["select", "request.tenant_id"]));
    compared || inserted
}

/// Any function counts that is not known to be immutable: a list of the others would be incomplete.
fn calls_behind_conflict_or_returning(words: &[&str]) -> bool {
    let start = words
        .iter()
        .position(|word| matches!(*word, "conflict" | "returning"))
        .unwrap_or(words.len());
    let tail = &words[start..];
    let is_name =
        |word: &str| word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let calls = tail
        .windows(2)
        .any(|pair| pair[1] == "(" && is_name(pair[0]) && !NO_CALLS.contains(&pair[0]));
    // They are called without parentheses.
    calls
        || tail
            .iter()
            .any(|word| word.starts_with("current_") || word.starts_with("localtime"))
}

pub fn makes_trigger(migration: &str) -> bool {
    words(migration).iter().any(|word| word == "trigger")
}

// === reading SQL ===

pub fn parse(file: &str, text: &str) -> Vec<Statement> {
    let lines: Vec<_> = text.lines().collect();
    let headers = (0..lines.len()).filter(|at| lines[*at].starts_with("--!"));
    headers
        .map(|at| {
            let body = lines[at + 1..].join("\n");
            let doc = at.checked_sub(1).map_or("", |above| lines[above]);
            Statement {
                file: file.to_owned(),
                name: words(&lines[at][3..])[0].clone(),
                has_doc: doc
                    .strip_prefix("-- ")
                    .is_some_and(|doc| !doc.trim().is_empty()),
                words: words(&body)
                    .into_iter()
                    .take_while(|word| word != ";")
                    .collect(),
            }
        })
        .collect()
}

/// Splits SQL into names with their dots, parameters with their colon, and single characters.
fn words(sql: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let behind = |end: Option<usize>| end.map_or(rest.len(), |end| end + 1);
        let length = if rest.starts_with("--") {
            behind(rest.find('\n'))
        } else if first == '\'' || first == '"' {
            behind(rest[1..].find(first).map(|end| end + 1))
        } else if rest.starts_with("::") {
            2
        } else if is_part(first) || first == ':' {
            let end = rest[1..].find(|c| !is_part(c));
            end.map_or(rest.len(), |end| end + 1)
        } else {
            first.len_utf8()
        };
        let (word, behind) = rest.split_at(length);
        rest = behind;
        if !first.is_whitespace() && !word.starts_with("--") && !word.starts_with(['\'', '"']) {
            words.push(word.to_lowercase());
        }
    }
    words
}
