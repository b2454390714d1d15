//! What is measured: per workload the prepared tables, the floor's SQL, the load's requests, and the rows it leaves.

use clap::ValueEnum;
use orders_core::{Uuid, cursor::Cursor, timestamp::Timestamp};

/// Orders are numbered from 0; number modulo this is the tenant. The scripts know it as well.
pub const TENANTS: u32 = 16;

/// Enough for each tenant to have a page 1,000 of ten orders, and a few behind.
pub const LIBRARY: u32 = TENANTS * 10_100;

/// 2025-01-01; order n was created n milliseconds later.
const FIRST_MICROS: i64 = 1_735_689_600_000_000;

/// What the service can do, each done alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Workload {
    /// A new order under a new key.
    Create,
    /// A create repeated: the stored answer.
    Replay,
    /// A draft confirmed with the version that was read.
    Confirm,
    /// A confirmed order closed, its event stored.
    Close,
    /// The ten newest orders of a tenant.
    FirstPage,
    /// The thousandth page of ten.
    DeepPage,
    /// One order.
    Get,
}

/// What the tables hold when a run starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stock {
    /// Nothing.
    Empty,
    /// So many drafts.
    Drafts(u32),
    /// So many confirmed orders.
    Confirmed(u32),
    /// So many orders in all states, each with its key.
    Library(u32),
}

// === impl Workload ===

impl Workload {
    pub const ALL: &'static [Workload] = &[
        Workload::Create,
        Workload::Confirm,
        Workload::Close,
        Workload::Replay,
        Workload::FirstPage,
        Workload::DeepPage,
        Workload::Get,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Workload::Create => "create",
            Workload::Replay => "replay",
            Workload::Confirm => "confirm",
            Workload::Close => "close",
            Workload::FirstPage => "first page",
            Workload::DeepPage => "page 1,000",
            Workload::Get => "get",
        }
    }

    /// The tables at the start of a run that can use up `supply` orders.
    pub fn stock(self, supply: u32) -> Stock {
        match self {
            Workload::Create => Stock::Empty,
            Workload::Confirm => Stock::Drafts(supply),
            Workload::Close => Stock::Confirmed(supply),
            Workload::Replay | Workload::FirstPage | Workload::DeepPage | Workload::Get => {
                Stock::Library(LIBRARY)
            }
        }
    }

    pub fn writes(self) -> bool {
        matches!(self, Workload::Create | Workload::Confirm | Workload::Close)
    }

    /// Counts what each success of a writing workload adds one to, and what a reading one leaves alone.
    pub fn evidence(self) -> &'static str {
        match self {
            Workload::Confirm => "SELECT count(*) FROM orders WHERE status = 'confirmed'",
            Workload::Close => "SELECT count(*) FROM outbox",
            _ => "SELECT count(*) FROM orders",
        }
    }

    /// The SQL of a plain, good implementation, as a pgbench script.
    pub fn floor_script(self) -> &'static str {
        match self {
            Workload::Create => include_str!("../floor/create.sql"),
            Workload::Replay => include_str!("../floor/replay.sql"),
            Workload::Confirm => include_str!("../floor/confirm.sql"),
            Workload::Close => include_str!("../floor/close.sql"),
            Workload::FirstPage => include_str!("../floor/first-page.sql"),
            Workload::DeepPage => include_str!("../floor/deep-page.sql"),
            Workload::Get => include_str!("../floor/get.sql"),
        }
    }

    /// The requests, as a wrk script.
    pub fn load_script(self, nonce: &str, threads: u32, rows: u32) -> String {
        let request = match self {
            Workload::Create => include_str!("../wrk/create.lua"),
            Workload::Replay => include_str!("../wrk/replay.lua"),
            Workload::Confirm => include_str!("../wrk/confirm.lua"),
            Workload::Close => include_str!("../wrk/close.lua"),
            Workload::FirstPage => include_str!("../wrk/first-page.lua"),
            Workload::DeepPage => include_str!("../wrk/deep-page.lua"),
            Workload::Get => include_str!("../wrk/get.lua"),
        };
        let cursors: Vec<String> = (0..TENANTS)
            .map(|tenant| format!("{:?}", deep_cursor(tenant)))
            .collect();
        format!(
            "local nonce, threads, rows = {nonce:?}, {threads}, {rows}\nlocal cursors = {{{}}}\n{}\n{request}",
            cursors.join(", "),
            include_str!("../wrk/common.lua"),
        )
    }
}

/// The cursor behind a tenant's 9,990th newest order in the library.
pub fn deep_cursor(tenant: u32) -> String {
    let number = LIBRARY - TENANTS * 9_990 + tenant;
    let micros = FIRST_MICROS + i64::from(number) * 1_000;
    let cursor = Cursor {
        created_at: Timestamp::from_unix_micros(micros).unwrap_or(Timestamp::MIN),
        id: order_id(number),
    };
    cursor.encode()
}

/// `0192f0c1-7a6e-7000-8100-` and twelve decimal digits: what SQL, pgbench and Lua can all put together.
pub fn order_id(number: u32) -> Uuid {
    let id = format!(
        "0192f0c17a6e70008{}",
        100_000_000_000_000 + u64::from(number)
    );
    Uuid::parse_str(&id).unwrap_or_default()
}

// === impl Stock ===

impl Stock {
    /// How many orders are prepared.
    pub fn rows(self) -> u32 {
        match self {
            Stock::Empty => 0,
            Stock::Drafts(rows) | Stock::Confirmed(rows) | Stock::Library(rows) => rows,
        }
    }

    /// Fills the tables anew.
    pub fn sql(self) -> String {
        // 0 is a draft, 1 confirmed, 2 closed.
        let state = match self {
            Stock::Empty | Stock::Drafts(_) => "0",
            Stock::Confirmed(_) => "1",
            Stock::Library(_) => "n / 16 % 3",
        };
        let keys = if let Stock::Library(_) = self {
            KEYS
        } else {
            ""
        };
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

/// A key per order, as fresh as a retry would find it, with the fingerprint of the body that wrk sends.
const KEYS: &str = r#"
    INSERT INTO idempotency_keys (tenant_id, key, fingerprint, order_id, response_json, created_at)
    SELECT tenant_id, row_number() OVER (ORDER BY created_at) - 1, sha256('{"reference":"basket-42"}'), id,
           format('{"id":"%s","tenantId":"%s","status":"draft","version":1,"createdAt":"2026-01-31T09:30:00.123456Z"}',
                  id, tenant_id)::json,
           now()
      FROM orders;"#;
