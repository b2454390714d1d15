//! What is measured: per workload the prepared tables, the floor's SQL, the load's requests, and
//! the rows it leaves.

use clap::ValueEnum;
use orders_core::{Uuid, cursor::Cursor, order::OrderId, timestamp::Timestamp};

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

    /// The tables at the start of a run that can use up `supply` orders.
    pub fn stock(self, supply: u32) -> Stock {
        match self {
            Self::Create => Stock::Empty,
            Self::Confirm => Stock::Drafts(supply),
            Self::Close => Stock::Confirmed(supply),
            Self::Replay | Self::FirstPage | Self::DeepPage | Self::Get => Stock::Library(LIBRARY),
        }
    }

    pub fn writes(self) -> bool {
        matches!(self, Self::Create | Self::Confirm | Self::Close)
    }

    /// Counts what each success of a writing workload adds one to, and what a reading one leaves
    /// alone.
    pub fn evidence(self) -> &'static str {
        match self {
            Self::Confirm => "SELECT count(*) FROM orders WHERE status = 'confirmed'",
            Self::Close => "SELECT count(*) FROM outbox",
            _ => "SELECT count(*) FROM orders",
        }
    }

    /// The SQL of a plain, good implementation, as a pgbench script.
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

    /// The requests, as a wrk script.
    pub fn load_script(self, nonce: &str, threads: u32, rows: u32) -> String {
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
        id: OrderId::new(order_id(number)),
    };
    cursor.encode()
}

/// `0192f0c1-7a6e-7000-8100-` and twelve decimal digits: what SQL, pgbench and Lua can all put
/// together.
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
            Self::Empty => 0,
            Self::Drafts(rows) | Self::Confirmed(rows) | Self::Library(rows) => rows,
        }
    }

    /// Fills the tables anew.
    pub fn sql(self) -> String {
        // 0 is a draft, 1 confirmed, 2 closed.
        let state = match self {
            Self::Empty | Self::Drafts(_) => "0",
            Self::Confirmed(_) => "1",
            Self::Library(_) => "n / 16 % 3",
        };
        let keys = if let Self::Library(_) = self {
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

/// A key per order, as fresh as a retry would find it, with the fingerprint of the body that wrk
/// sends.
const KEYS: &str = r#"
    INSERT INTO idempotency_keys (tenant_id, key, fingerprint, order_id, response_json, created_at)
    SELECT tenant_id, row_number() OVER (ORDER BY created_at) - 1, sha256('{"reference":"basket-42"}'), id,
           format('{"id":"%s","tenantId":"%s","status":"draft","version":1,"createdAt":"2026-01-31T09:30:00.123456Z"}',
                  id, tenant_id)::json,
           now()
      FROM orders;"#;
