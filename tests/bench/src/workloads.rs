//! The workloads. Each has a dataset for its tables, a script for pgbench, a script for wrk, and a
//! query that counts what it writes.

use clap::ValueEnum;
use orders_core::{Uuid, cursor::Cursor, order::OrderId, timestamp::Timestamp};

/// Orders are numbered from 0. The tenant is the number modulo this; the scripts contain it, too.
pub const TENANTS: u32 = 16;

/// Each tenant has 1,000 pages of ten orders, and 100 orders more.
pub const MIXED_ORDERS: u32 = TENANTS * 10_100;

/// 2025-01-01T00:00:00Z in microseconds; order n was created n milliseconds later.
const FIRST_MICROS: i64 = 1_735_689_600_000_000;

/// An operation that is measured by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Workload {
    /// Create an order with a new idempotency key.
    Create,
    /// Repeat a create: returns the stored response.
    Replay,
    /// Confirm a draft with its current version.
    Confirm,
    /// Close a confirmed order, which stores its event.
    Close,
    /// List the ten newest orders of a tenant.
    FirstPage,
    /// List page 1,000 of ten orders.
    DeepPage,
    /// Get an order.
    Get,
}

/// The content of the tables at the start of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dataset {
    /// Empty tables.
    Empty,
    /// This number of drafts.
    Drafts(u32),
    /// This number of confirmed orders.
    Confirmed(u32),
    /// This number of orders of all statuses, each with its idempotency key.
    Mixed(u32),
}

// === impl Workload ===

impl Workload {
    pub const ALL: &'static [Self] = &[
        Self::Create,
        Self::Confirm,
        Self::Close,
        Self::Replay,
        Self::FirstPage,
        Self::DeepPage,
        Self::Get,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Replay => "replay",
            Self::Confirm => "confirm",
            Self::Close => "close",
            Self::FirstPage => "first page",
            Self::DeepPage => "page 1,000",
            Self::Get => "get",
        }
    }

    /// The dataset of the workload, with `prepared` orders if it uses them up.
    pub fn dataset(self, prepared: u32) -> Dataset {
        match self {
            Self::Create => Dataset::Empty,
            Self::Confirm => Dataset::Drafts(prepared),
            Self::Close => Dataset::Confirmed(prepared),
            Self::Replay | Self::FirstPage | Self::DeepPage | Self::Get => {
                Dataset::Mixed(MIXED_ORDERS)
            }
        }
    }

    /// Whether the workload modifies the tables.
    pub fn writes(self) -> bool {
        matches!(self, Self::Create | Self::Confirm | Self::Close)
    }

    /// A query for a number: each success of a writing workload increments it, a reading workload
    /// leaves it unchanged.
    pub fn count_query(self) -> &'static str {
        match self {
            Self::Confirm => "SELECT count(*) FROM orders WHERE status = 'confirmed'",
            Self::Close => "SELECT count(*) FROM outbox",
            _ => "SELECT count(*) FROM orders",
        }
    }

    /// The script for pgbench: the SQL of a simple, efficient implementation.
    pub fn floor_script(self) -> &'static str {
        match self {
            Self::Create => include_str!("../floor/create.sql"),
            Self::Replay => include_str!("../floor/replay.sql"),
            Self::Confirm => include_str!("../floor/confirm.sql"),
            Self::Close => include_str!("../floor/close.sql"),
            Self::FirstPage => include_str!("../floor/first-page.sql"),
            Self::DeepPage => include_str!("../floor/deep-page.sql"),
            Self::Get => include_str!("../floor/get.sql"),
        }
    }

    /// The script for wrk.
    pub fn load_script(self, nonce: &str, threads: u32, rows: u32, headers: &str) -> String {
        let request = match self {
            Self::Create => include_str!("../wrk/create.lua"),
            Self::Replay => include_str!("../wrk/replay.lua"),
            Self::Confirm => include_str!("../wrk/confirm.lua"),
            Self::Close => include_str!("../wrk/close.lua"),
            Self::FirstPage => include_str!("../wrk/first-page.lua"),
            Self::DeepPage => include_str!("../wrk/deep-page.lua"),
            Self::Get => include_str!("../wrk/get.lua"),
        };
        let cursors: Vec<String> = (0..TENANTS)
            .map(|tenant| format!("{:?}", deep_cursor(tenant)))
            .collect();
        format!(
            "local nonce, threads, rows = {nonce:?}, {threads}, {rows}\nlocal common = {headers:?}\nlocal cursors = {{{}}}\n{}\n{request}",
            cursors.join(", "),
            include_str!("../wrk/common.lua"),
        )
    }
}

/// The cursor of a tenant's page 1,000 in the mixed dataset: after the 9,990th newest order.
pub fn deep_cursor(tenant: u32) -> String {
    let number = MIXED_ORDERS - TENANTS * 9_990 + tenant;
    let micros = FIRST_MICROS + i64::from(number) * 1_000;
    let cursor = Cursor {
        created_at: Timestamp::from_unix_micros(micros).unwrap_or(Timestamp::MIN),
        id: OrderId::new(order_id(number)),
    };
    cursor.encode()
}

/// `0192f0c1-7a6e-7000-8100-` and twelve decimal digits: a form that SQL, pgbench and Lua can
/// compute.
pub fn order_id(number: u32) -> Uuid {
    let id = format!(
        "0192f0c17a6e70008{}",
        100_000_000_000_000 + u64::from(number)
    );
    Uuid::parse_str(&id).unwrap_or_default()
}

// === impl Dataset ===

impl Dataset {
    /// Number of orders.
    pub fn rows(self) -> u32 {
        match self {
            Self::Empty => 0,
            Self::Drafts(rows) | Self::Confirmed(rows) | Self::Mixed(rows) => rows,
        }
    }

    /// SQL that fills the tables.
    pub fn sql(self) -> String {
        // 0: draft, 1: confirmed, 2: closed.
        let state = match self {
            Self::Empty | Self::Drafts(_) => "0",
            Self::Confirmed(_) => "1",
            Self::Mixed(_) => "n / 16 % 3",
        };
        let keys = if let Self::Mixed(_) = self { KEYS } else { "" };
        format!(
            "TRUNCATE orders, idempotency_keys, outbox;
             INSERT INTO orders (tenant_id, id, status, version, total_cents, created_at, updated_at)
             SELECT n % {TENANTS}, ('0192f0c17a6e70008' || 100000000000000 + n)::uuid,
                    (ARRAY['draft', 'confirmed', 'closed'])[1 + state], 1 + state,
                    CASE WHEN state > 0 THEN 1234 END, created_at, created_at
               FROM generate_series(0, {rows} - 1) AS n, LATERAL (VALUES (
                    {state}, to_timestamp(1735689600 + n / 1000.0))) AS v (state, created_at);
             {keys}",
            rows = self.rows(),
        )
    }
}

/// Inserts an unexpired idempotency key per order, with the fingerprint of the body that wrk sends.
const KEYS: &str = r#"
    INSERT INTO idempotency_keys (tenant_id, key, fingerprint, order_id, response_json, created_at)
    SELECT tenant_id, row_number() OVER (ORDER BY created_at) - 1, sha256('{"reference":"basket-42"}'), id,
           format('{"id":"%s","tenantId":"%s","status":"draft","version":1,"createdAt":"2026-01-31T09:30:00.123456Z"}',
                  id, tenant_id)::json,
           now()
      FROM orders;"#;
