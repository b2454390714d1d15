// This file was generated with `cornucopia`. Do not modify.

#[derive(Debug)]
pub struct InsertOrdersParams<
    T1: crate::StringSql,
    T2: crate::StringSql,
    T3: crate::ArraySql<Item = T2>,
    T4: crate::StringSql,
    T5: crate::ArraySql<Item = T4>,
    T6: crate::ArraySql<Item = uuid::Uuid>,
> {
    pub status: T1,
    pub version: i32,
    pub tenant_ids: T3,
    pub keys: T5,
    pub ids: T6,
}
#[derive(Debug)]
pub struct FindOrdersParams<
    T1: crate::StringSql,
    T2: crate::StringSql,
    T3: crate::ArraySql<Item = T2>,
    T4: crate::ArraySql<Item = uuid::Uuid>,
> {
    pub rls_tenants: T1,
    pub tenant_ids: T3,
    pub ids: T4,
}
#[derive(Debug)]
pub struct ListOrdersParams<
    T1: crate::StringSql,
    T2: crate::StringSql,
    T3: crate::ArraySql<Item = T2>,
    T4: crate::ArraySql<Item = time::OffsetDateTime>,
    T5: crate::ArraySql<Item = uuid::Uuid>,
    T6: crate::ArraySql<Item = i32>,
> {
    pub rls_tenants: T1,
    pub tenant_ids: T3,
    pub created_ats: T4,
    pub ids: T5,
    pub row_limits: T6,
}
#[derive(Debug)]
pub struct TransitionOrdersParams<
    T1: crate::StringSql,
    T2: crate::StringSql,
    T3: crate::ArraySql<Item = T2>,
    T4: crate::ArraySql<Item = uuid::Uuid>,
    T5: crate::ArraySql<Item = bool>,
    T6: crate::StringSql,
    T7: crate::ArraySql<Item = T6>,
    T8: crate::ArraySql<Item = Option<i32>>,
    T9: crate::StringSql,
> {
    pub to_status: T1,
    pub tenant_ids: T3,
    pub ids: T4,
    pub any_versions: T5,
    pub versions: T7,
    pub total_cents: T8,
    pub from_status: T9,
}
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    pub place: i64,
    pub id: uuid::Uuid,
    pub tenant_id: String,
    pub status: String,
    pub version: i32,
    pub total_cents: Option<i32>,
    pub created_at: time::OffsetDateTime,
    pub updated_at: time::OffsetDateTime,
}
pub struct OrderBorrowed<'a> {
    pub place: i64,
    pub id: uuid::Uuid,
    pub tenant_id: &'a str,
    pub status: &'a str,
    pub version: i32,
    pub total_cents: Option<i32>,
    pub created_at: time::OffsetDateTime,
    pub updated_at: time::OffsetDateTime,
}
impl<'a> From<OrderBorrowed<'a>> for Order {
    fn from(
        OrderBorrowed {
            place,
            id,
            tenant_id,
            status,
            version,
            total_cents,
            created_at,
            updated_at,
        }: OrderBorrowed<'a>,
    ) -> Self {
        Self {
            place,
            id,
            tenant_id: tenant_id.into(),
            status: status.into(),
            version,
            total_cents,
            created_at,
            updated_at,
        }
    }
}
use crate::client::async_::GenericClient;
use futures::{self, StreamExt, TryStreamExt};
pub struct UuidUuidQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<uuid::Uuid, tokio_postgres::Error>,
    mapper: fn(uuid::Uuid) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> UuidUuidQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(uuid::Uuid) -> R) -> UuidUuidQuery<'c, 'a, 's, C, R, N> {
        UuidUuidQuery {
            client: self.client,
            params: self.params,
            query: self.query,
            cached: self.cached,
            extractor: self.extractor,
            mapper,
        }
    }
    pub async fn one(self) -> Result<T, tokio_postgres::Error> {
        let row =
            crate::client::async_::one(self.client, self.query, &self.params, self.cached).await?;
        Ok((self.mapper)((self.extractor)(&row)?))
    }
    pub async fn all(self) -> Result<Vec<T>, tokio_postgres::Error> {
        self.iter().await?.try_collect().await
    }
    pub async fn opt(self) -> Result<Option<T>, tokio_postgres::Error> {
        let opt_row =
            crate::client::async_::opt(self.client, self.query, &self.params, self.cached).await?;
        Ok(opt_row
            .map(|row| {
                let extracted = (self.extractor)(&row)?;
                Ok((self.mapper)(extracted))
            })
            .transpose()?)
    }
    pub async fn iter(
        self,
    ) -> Result<
        impl futures::Stream<Item = Result<T, tokio_postgres::Error>> + 'c,
        tokio_postgres::Error,
    > {
        let stream = crate::client::async_::raw(
            self.client,
            self.query,
            crate::slice_iter(&self.params),
            self.cached,
        )
        .await?;
        let mapped = stream
            .map(move |res| {
                res.and_then(|row| {
                    let extracted = (self.extractor)(&row)?;
                    Ok((self.mapper)(extracted))
                })
            })
            .into_stream();
        Ok(mapped)
    }
}
pub struct OrderQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<OrderBorrowed, tokio_postgres::Error>,
    mapper: fn(OrderBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> OrderQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(OrderBorrowed) -> R) -> OrderQuery<'c, 'a, 's, C, R, N> {
        OrderQuery {
            client: self.client,
            params: self.params,
            query: self.query,
            cached: self.cached,
            extractor: self.extractor,
            mapper,
        }
    }
    pub async fn one(self) -> Result<T, tokio_postgres::Error> {
        let row =
            crate::client::async_::one(self.client, self.query, &self.params, self.cached).await?;
        Ok((self.mapper)((self.extractor)(&row)?))
    }
    pub async fn all(self) -> Result<Vec<T>, tokio_postgres::Error> {
        self.iter().await?.try_collect().await
    }
    pub async fn opt(self) -> Result<Option<T>, tokio_postgres::Error> {
        let opt_row =
            crate::client::async_::opt(self.client, self.query, &self.params, self.cached).await?;
        Ok(opt_row
            .map(|row| {
                let extracted = (self.extractor)(&row)?;
                Ok((self.mapper)(extracted))
            })
            .transpose()?)
    }
    pub async fn iter(
        self,
    ) -> Result<
        impl futures::Stream<Item = Result<T, tokio_postgres::Error>> + 'c,
        tokio_postgres::Error,
    > {
        let stream = crate::client::async_::raw(
            self.client,
            self.query,
            crate::slice_iter(&self.params),
            self.cached,
        )
        .await?;
        let mapped = stream
            .map(move |res| {
                res.and_then(|row| {
                    let extracted = (self.extractor)(&row)?;
                    Ok((self.mapper)(extracted))
                })
            })
            .into_stream();
        Ok(mapped)
    }
}
pub struct InsertOrdersStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn insert_orders() -> InsertOrdersStmt {
    InsertOrdersStmt(
        "INSERT INTO orders AS o (tenant_id, id, status, version, created_at, updated_at) SELECT k.tenant_id, k.order_id, $1, $2, k.created_at, k.created_at FROM unnest($3::text[], $4::text[], $5::uuid[]) AS request (tenant_id, key, id) CROSS JOIN LATERAL ( SELECT claimed.tenant_id, claimed.order_id, claimed.created_at FROM idempotency_keys AS claimed WHERE claimed.tenant_id = request.tenant_id AND claimed.key = request.key AND claimed.order_id = request.id OFFSET 0) AS k RETURNING o.id",
        None,
    )
}
impl InsertOrdersStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<
        'c,
        'a,
        's,
        C: GenericClient,
        T1: crate::StringSql,
        T2: crate::StringSql,
        T3: crate::ArraySql<Item = T2>,
        T4: crate::StringSql,
        T5: crate::ArraySql<Item = T4>,
        T6: crate::ArraySql<Item = uuid::Uuid>,
    >(
        &'s self,
        client: &'c C,
        status: &'a T1,
        version: &'a i32,
        tenant_ids: &'a T3,
        keys: &'a T5,
        ids: &'a T6,
    ) -> UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 5> {
        UuidUuidQuery {
            client,
            params: [status, version, tenant_ids, keys, ids],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row| Ok(row.try_get(0)?),
            mapper: |it| it,
        }
    }
}
impl<
    'c,
    'a,
    's,
    C: GenericClient,
    T1: crate::StringSql,
    T2: crate::StringSql,
    T3: crate::ArraySql<Item = T2>,
    T4: crate::StringSql,
    T5: crate::ArraySql<Item = T4>,
    T6: crate::ArraySql<Item = uuid::Uuid>,
>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        InsertOrdersParams<T1, T2, T3, T4, T5, T6>,
        UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 5>,
        C,
    > for InsertOrdersStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a InsertOrdersParams<T1, T2, T3, T4, T5, T6>,
    ) -> UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 5> {
        self.bind(
            client,
            &params.status,
            &params.version,
            &params.tenant_ids,
            &params.keys,
            &params.ids,
        )
    }
}
pub struct FindOrdersStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn find_orders() -> FindOrdersStmt {
    FindOrdersStmt(
        "SELECT request.place, o.id, o.tenant_id, o.status, o.version, o.total_cents, o.created_at, o.updated_at FROM (SELECT set_config('orders.tenant_ids', $1, true) AS tenant_ids) AS rls CROSS JOIN unnest($2::text[], $3::uuid[]) WITH ORDINALITY AS request (tenant_id, id, place) CROSS JOIN LATERAL ( SELECT p.id, p.tenant_id, p.status, p.version, p.total_cents, p.created_at, p.updated_at FROM orders AS p WHERE rls.tenant_ids IS NOT NULL AND p.tenant_id = request.tenant_id AND p.id = request.id OFFSET 0) AS o",
        None,
    )
}
impl FindOrdersStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<
        'c,
        'a,
        's,
        C: GenericClient,
        T1: crate::StringSql,
        T2: crate::StringSql,
        T3: crate::ArraySql<Item = T2>,
        T4: crate::ArraySql<Item = uuid::Uuid>,
    >(
        &'s self,
        client: &'c C,
        rls_tenants: &'a T1,
        tenant_ids: &'a T3,
        ids: &'a T4,
    ) -> OrderQuery<'c, 'a, 's, C, Order, 3> {
        OrderQuery {
            client,
            params: [rls_tenants, tenant_ids, ids],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row: &tokio_postgres::Row| -> Result<OrderBorrowed, tokio_postgres::Error> {
                Ok(OrderBorrowed {
                    place: row.try_get(0)?,
                    id: row.try_get(1)?,
                    tenant_id: row.try_get(2)?,
                    status: row.try_get(3)?,
                    version: row.try_get(4)?,
                    total_cents: row.try_get(5)?,
                    created_at: row.try_get(6)?,
                    updated_at: row.try_get(7)?,
                })
            },
            mapper: |it| Order::from(it),
        }
    }
}
impl<
    'c,
    'a,
    's,
    C: GenericClient,
    T1: crate::StringSql,
    T2: crate::StringSql,
    T3: crate::ArraySql<Item = T2>,
    T4: crate::ArraySql<Item = uuid::Uuid>,
>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        FindOrdersParams<T1, T2, T3, T4>,
        OrderQuery<'c, 'a, 's, C, Order, 3>,
        C,
    > for FindOrdersStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a FindOrdersParams<T1, T2, T3, T4>,
    ) -> OrderQuery<'c, 'a, 's, C, Order, 3> {
        self.bind(client, &params.rls_tenants, &params.tenant_ids, &params.ids)
    }
}
pub struct ListOrdersStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn list_orders() -> ListOrdersStmt {
    ListOrdersStmt(
        "SELECT request.place, o.id, o.tenant_id, o.status, o.version, o.total_cents, o.created_at, o.updated_at FROM (SELECT set_config('orders.tenant_ids', $1, true) AS tenant_ids) AS rls CROSS JOIN unnest($2::text[], $3::timestamptz[], $4::uuid[], $5::int[]) WITH ORDINALITY AS request (tenant_id, created_at, id, row_limit, place) CROSS JOIN LATERAL ( SELECT p.id, p.tenant_id, p.status, p.version, p.total_cents, p.created_at, p.updated_at FROM orders AS p WHERE rls.tenant_ids IS NOT NULL AND p.tenant_id = request.tenant_id AND (p.created_at, p.id) < (request.created_at, request.id) ORDER BY p.created_at DESC, p.id DESC LIMIT request.row_limit) AS o",
        None,
    )
}
impl ListOrdersStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<
        'c,
        'a,
        's,
        C: GenericClient,
        T1: crate::StringSql,
        T2: crate::StringSql,
        T3: crate::ArraySql<Item = T2>,
        T4: crate::ArraySql<Item = time::OffsetDateTime>,
        T5: crate::ArraySql<Item = uuid::Uuid>,
        T6: crate::ArraySql<Item = i32>,
    >(
        &'s self,
        client: &'c C,
        rls_tenants: &'a T1,
        tenant_ids: &'a T3,
        created_ats: &'a T4,
        ids: &'a T5,
        row_limits: &'a T6,
    ) -> OrderQuery<'c, 'a, 's, C, Order, 5> {
        OrderQuery {
            client,
            params: [rls_tenants, tenant_ids, created_ats, ids, row_limits],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row: &tokio_postgres::Row| -> Result<OrderBorrowed, tokio_postgres::Error> {
                Ok(OrderBorrowed {
                    place: row.try_get(0)?,
                    id: row.try_get(1)?,
                    tenant_id: row.try_get(2)?,
                    status: row.try_get(3)?,
                    version: row.try_get(4)?,
                    total_cents: row.try_get(5)?,
                    created_at: row.try_get(6)?,
                    updated_at: row.try_get(7)?,
                })
            },
            mapper: |it| Order::from(it),
        }
    }
}
impl<
    'c,
    'a,
    's,
    C: GenericClient,
    T1: crate::StringSql,
    T2: crate::StringSql,
    T3: crate::ArraySql<Item = T2>,
    T4: crate::ArraySql<Item = time::OffsetDateTime>,
    T5: crate::ArraySql<Item = uuid::Uuid>,
    T6: crate::ArraySql<Item = i32>,
>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        ListOrdersParams<T1, T2, T3, T4, T5, T6>,
        OrderQuery<'c, 'a, 's, C, Order, 5>,
        C,
    > for ListOrdersStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a ListOrdersParams<T1, T2, T3, T4, T5, T6>,
    ) -> OrderQuery<'c, 'a, 's, C, Order, 5> {
        self.bind(
            client,
            &params.rls_tenants,
            &params.tenant_ids,
            &params.created_ats,
            &params.ids,
            &params.row_limits,
        )
    }
}
pub struct TransitionOrdersStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn transition_orders() -> TransitionOrdersStmt {
    TransitionOrdersStmt(
        "UPDATE orders AS o SET status = $1, version = o.version + 1, total_cents = coalesce(request.total_cents, o.total_cents), updated_at = now() FROM unnest($2::text[], $3::uuid[], $4::bool[], $5::text[], $6::int[]) WITH ORDINALITY AS request (tenant_id, id, any_version, versions, total_cents, place) WHERE o.tenant_id = request.tenant_id AND o.id = request.id AND o.status = $7 AND (request.any_version OR o.version = ANY (string_to_array(request.versions, ',')::int[])) RETURNING request.place, o.id, o.tenant_id, o.status, o.version, o.total_cents, o.created_at, o.updated_at",
        None,
    )
}
impl TransitionOrdersStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<
        'c,
        'a,
        's,
        C: GenericClient,
        T1: crate::StringSql,
        T2: crate::StringSql,
        T3: crate::ArraySql<Item = T2>,
        T4: crate::ArraySql<Item = uuid::Uuid>,
        T5: crate::ArraySql<Item = bool>,
        T6: crate::StringSql,
        T7: crate::ArraySql<Item = T6>,
        T8: crate::ArraySql<Item = Option<i32>>,
        T9: crate::StringSql,
    >(
        &'s self,
        client: &'c C,
        to_status: &'a T1,
        tenant_ids: &'a T3,
        ids: &'a T4,
        any_versions: &'a T5,
        versions: &'a T7,
        total_cents: &'a T8,
        from_status: &'a T9,
    ) -> OrderQuery<'c, 'a, 's, C, Order, 7> {
        OrderQuery {
            client,
            params: [
                to_status,
                tenant_ids,
                ids,
                any_versions,
                versions,
                total_cents,
                from_status,
            ],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row: &tokio_postgres::Row| -> Result<OrderBorrowed, tokio_postgres::Error> {
                Ok(OrderBorrowed {
                    place: row.try_get(0)?,
                    id: row.try_get(1)?,
                    tenant_id: row.try_get(2)?,
                    status: row.try_get(3)?,
                    version: row.try_get(4)?,
                    total_cents: row.try_get(5)?,
                    created_at: row.try_get(6)?,
                    updated_at: row.try_get(7)?,
                })
            },
            mapper: |it| Order::from(it),
        }
    }
}
impl<
    'c,
    'a,
    's,
    C: GenericClient,
    T1: crate::StringSql,
    T2: crate::StringSql,
    T3: crate::ArraySql<Item = T2>,
    T4: crate::ArraySql<Item = uuid::Uuid>,
    T5: crate::ArraySql<Item = bool>,
    T6: crate::StringSql,
    T7: crate::ArraySql<Item = T6>,
    T8: crate::ArraySql<Item = Option<i32>>,
    T9: crate::StringSql,
>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        TransitionOrdersParams<T1, T2, T3, T4, T5, T6, T7, T8, T9>,
        OrderQuery<'c, 'a, 's, C, Order, 7>,
        C,
    > for TransitionOrdersStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a TransitionOrdersParams<T1, T2, T3, T4, T5, T6, T7, T8, T9>,
    ) -> OrderQuery<'c, 'a, 's, C, Order, 7> {
        self.bind(
            client,
            &params.to_status,
            &params.tenant_ids,
            &params.ids,
            &params.any_versions,
            &params.versions,
            &params.total_cents,
            &params.from_status,
        )
    }
}
/// The text of each statement of this file, and the types of its parameters.
pub fn statements() -> Vec<(&'static str, &'static [postgres_types::Type])> {
    use postgres_types::Type;
    vec![
        (
            insert_orders().0,
            &[
                Type::TEXT,
                Type::INT4,
                Type::TEXT_ARRAY,
                Type::TEXT_ARRAY,
                Type::UUID_ARRAY,
            ] as &[Type],
        ),
        (
            find_orders().0,
            &[Type::TEXT, Type::TEXT_ARRAY, Type::UUID_ARRAY] as &[Type],
        ),
        (
            list_orders().0,
            &[
                Type::TEXT,
                Type::TEXT_ARRAY,
                Type::TIMESTAMPTZ_ARRAY,
                Type::UUID_ARRAY,
                Type::INT4_ARRAY,
            ] as &[Type],
        ),
        (
            transition_orders().0,
            &[
                Type::TEXT,
                Type::TEXT_ARRAY,
                Type::UUID_ARRAY,
                Type::BOOL_ARRAY,
                Type::TEXT_ARRAY,
                Type::INT4_ARRAY,
                Type::TEXT,
            ] as &[Type],
        ),
    ]
}
