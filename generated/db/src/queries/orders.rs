// This file was generated with `cornucopia`. Do not modify.

#[derive(Debug)]
pub struct InsertOrderParams<T1: crate::StringSql, T2: crate::StringSql, T3: crate::StringSql> {
    pub status: T1,
    pub version: i32,
    pub tenant_id: T2,
    pub key: T3,
    pub id: uuid::Uuid,
}
#[derive(Debug)]
pub struct FindOrderParams<T1: crate::StringSql> {
    pub tenant_id: T1,
    pub id: uuid::Uuid,
}
#[derive(Debug)]
pub struct FirstPageParams<T1: crate::StringSql> {
    pub tenant_id: T1,
    pub row_limit: i64,
}
#[derive(Debug)]
pub struct NextPageParams<T1: crate::StringSql> {
    pub tenant_id: T1,
    pub created_at: time::OffsetDateTime,
    pub id: uuid::Uuid,
    pub row_limit: i64,
}
#[derive(Debug)]
pub struct ConfirmOrderParams<
    T1: crate::StringSql,
    T2: crate::StringSql,
    T3: crate::StringSql,
    T4: crate::ArraySql<Item = i32>,
> {
    pub to_status: T1,
    pub total_cents: i32,
    pub tenant_id: T2,
    pub id: uuid::Uuid,
    pub from_status: T3,
    pub any_version: bool,
    pub versions: T4,
}
#[derive(Debug)]
pub struct CloseOrderParams<
    T1: crate::StringSql,
    T2: crate::StringSql,
    T3: crate::StringSql,
    T4: crate::ArraySql<Item = i32>,
> {
    pub to_status: T1,
    pub tenant_id: T2,
    pub id: uuid::Uuid,
    pub from_status: T3,
    pub any_version: bool,
    pub versions: T4,
}
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    pub id: uuid::Uuid,
    pub tenant_id: String,
    pub status: String,
    pub version: i32,
    pub total_cents: Option<i32>,
    pub created_at: time::OffsetDateTime,
    pub updated_at: time::OffsetDateTime,
}
pub struct OrderBorrowed<'a> {
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
#[derive(Debug, Clone, PartialEq, Copy)]
pub struct CloseOrder {
    pub version: i32,
    pub total_cents: i32,
    pub updated_at: time::OffsetDateTime,
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
pub struct I32Query<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<i32, tokio_postgres::Error>,
    mapper: fn(i32) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> I32Query<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(i32) -> R) -> I32Query<'c, 'a, 's, C, R, N> {
        I32Query {
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
pub struct CloseOrderQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<CloseOrder, tokio_postgres::Error>,
    mapper: fn(CloseOrder) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> CloseOrderQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(CloseOrder) -> R) -> CloseOrderQuery<'c, 'a, 's, C, R, N> {
        CloseOrderQuery {
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
pub struct InsertOrderStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn insert_order() -> InsertOrderStmt {
    InsertOrderStmt(
        "INSERT INTO orders AS o (tenant_id, id, status, version, created_at, updated_at) SELECT k.tenant_id, k.order_id, $1, $2, k.created_at, k.created_at FROM idempotency_keys AS k WHERE k.tenant_id = $3 AND k.key = $4 AND k.order_id = $5 RETURNING o.id",
        None,
    )
}
impl InsertOrderStmt {
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
        T3: crate::StringSql,
    >(
        &'s self,
        client: &'c C,
        status: &'a T1,
        version: &'a i32,
        tenant_id: &'a T2,
        key: &'a T3,
        id: &'a uuid::Uuid,
    ) -> UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 5> {
        UuidUuidQuery {
            client,
            params: [status, version, tenant_id, key, id],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row| Ok(row.try_get(0)?),
            mapper: |it| it,
        }
    }
}
impl<'c, 'a, 's, C: GenericClient, T1: crate::StringSql, T2: crate::StringSql, T3: crate::StringSql>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        InsertOrderParams<T1, T2, T3>,
        UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 5>,
        C,
    > for InsertOrderStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a InsertOrderParams<T1, T2, T3>,
    ) -> UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 5> {
        self.bind(
            client,
            &params.status,
            &params.version,
            &params.tenant_id,
            &params.key,
            &params.id,
        )
    }
}
pub struct FindOrderStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn find_order() -> FindOrderStmt {
    FindOrderStmt(
        "SELECT id, tenant_id, status, version, total_cents, created_at, updated_at FROM orders WHERE tenant_id = $1 AND id = $2",
        None,
    )
}
impl FindOrderStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>(
        &'s self,
        client: &'c C,
        tenant_id: &'a T1,
        id: &'a uuid::Uuid,
    ) -> OrderQuery<'c, 'a, 's, C, Order, 2> {
        OrderQuery {
            client,
            params: [tenant_id, id],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row: &tokio_postgres::Row| -> Result<OrderBorrowed, tokio_postgres::Error> {
                Ok(OrderBorrowed {
                    id: row.try_get(0)?,
                    tenant_id: row.try_get(1)?,
                    status: row.try_get(2)?,
                    version: row.try_get(3)?,
                    total_cents: row.try_get(4)?,
                    created_at: row.try_get(5)?,
                    updated_at: row.try_get(6)?,
                })
            },
            mapper: |it| Order::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        FindOrderParams<T1>,
        OrderQuery<'c, 'a, 's, C, Order, 2>,
        C,
    > for FindOrderStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a FindOrderParams<T1>,
    ) -> OrderQuery<'c, 'a, 's, C, Order, 2> {
        self.bind(client, &params.tenant_id, &params.id)
    }
}
pub struct FirstPageStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn first_page() -> FirstPageStmt {
    FirstPageStmt(
        "SELECT id, tenant_id, status, version, total_cents, created_at, updated_at FROM orders WHERE tenant_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2",
        None,
    )
}
impl FirstPageStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>(
        &'s self,
        client: &'c C,
        tenant_id: &'a T1,
        row_limit: &'a i64,
    ) -> OrderQuery<'c, 'a, 's, C, Order, 2> {
        OrderQuery {
            client,
            params: [tenant_id, row_limit],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row: &tokio_postgres::Row| -> Result<OrderBorrowed, tokio_postgres::Error> {
                Ok(OrderBorrowed {
                    id: row.try_get(0)?,
                    tenant_id: row.try_get(1)?,
                    status: row.try_get(2)?,
                    version: row.try_get(3)?,
                    total_cents: row.try_get(4)?,
                    created_at: row.try_get(5)?,
                    updated_at: row.try_get(6)?,
                })
            },
            mapper: |it| Order::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        FirstPageParams<T1>,
        OrderQuery<'c, 'a, 's, C, Order, 2>,
        C,
    > for FirstPageStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a FirstPageParams<T1>,
    ) -> OrderQuery<'c, 'a, 's, C, Order, 2> {
        self.bind(client, &params.tenant_id, &params.row_limit)
    }
}
pub struct NextPageStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn next_page() -> NextPageStmt {
    NextPageStmt(
        "SELECT id, tenant_id, status, version, total_cents, created_at, updated_at FROM orders WHERE tenant_id = $1 AND (created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT $4",
        None,
    )
}
impl NextPageStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>(
        &'s self,
        client: &'c C,
        tenant_id: &'a T1,
        created_at: &'a time::OffsetDateTime,
        id: &'a uuid::Uuid,
        row_limit: &'a i64,
    ) -> OrderQuery<'c, 'a, 's, C, Order, 4> {
        OrderQuery {
            client,
            params: [tenant_id, created_at, id, row_limit],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row: &tokio_postgres::Row| -> Result<OrderBorrowed, tokio_postgres::Error> {
                Ok(OrderBorrowed {
                    id: row.try_get(0)?,
                    tenant_id: row.try_get(1)?,
                    status: row.try_get(2)?,
                    version: row.try_get(3)?,
                    total_cents: row.try_get(4)?,
                    created_at: row.try_get(5)?,
                    updated_at: row.try_get(6)?,
                })
            },
            mapper: |it| Order::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        NextPageParams<T1>,
        OrderQuery<'c, 'a, 's, C, Order, 4>,
        C,
    > for NextPageStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a NextPageParams<T1>,
    ) -> OrderQuery<'c, 'a, 's, C, Order, 4> {
        self.bind(
            client,
            &params.tenant_id,
            &params.created_at,
            &params.id,
            &params.row_limit,
        )
    }
}
pub struct ConfirmOrderStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn confirm_order() -> ConfirmOrderStmt {
    ConfirmOrderStmt(
        "UPDATE orders SET status = $1, version = version + 1, total_cents = $2, updated_at = now() WHERE tenant_id = $3 AND id = $4 AND status = $5 AND ($6 OR version = ANY ($7)) RETURNING version",
        None,
    )
}
impl ConfirmOrderStmt {
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
        T3: crate::StringSql,
        T4: crate::ArraySql<Item = i32>,
    >(
        &'s self,
        client: &'c C,
        to_status: &'a T1,
        total_cents: &'a i32,
        tenant_id: &'a T2,
        id: &'a uuid::Uuid,
        from_status: &'a T3,
        any_version: &'a bool,
        versions: &'a T4,
    ) -> I32Query<'c, 'a, 's, C, i32, 7> {
        I32Query {
            client,
            params: [
                to_status,
                total_cents,
                tenant_id,
                id,
                from_status,
                any_version,
                versions,
            ],
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
    T3: crate::StringSql,
    T4: crate::ArraySql<Item = i32>,
>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        ConfirmOrderParams<T1, T2, T3, T4>,
        I32Query<'c, 'a, 's, C, i32, 7>,
        C,
    > for ConfirmOrderStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a ConfirmOrderParams<T1, T2, T3, T4>,
    ) -> I32Query<'c, 'a, 's, C, i32, 7> {
        self.bind(
            client,
            &params.to_status,
            &params.total_cents,
            &params.tenant_id,
            &params.id,
            &params.from_status,
            &params.any_version,
            &params.versions,
        )
    }
}
pub struct CloseOrderStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn close_order() -> CloseOrderStmt {
    CloseOrderStmt(
        "UPDATE orders SET status = $1, version = version + 1, updated_at = now() WHERE tenant_id = $2 AND id = $3 AND status = $4 AND ($5 OR version = ANY ($6)) RETURNING version, total_cents, updated_at",
        None,
    )
}
impl CloseOrderStmt {
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
        T3: crate::StringSql,
        T4: crate::ArraySql<Item = i32>,
    >(
        &'s self,
        client: &'c C,
        to_status: &'a T1,
        tenant_id: &'a T2,
        id: &'a uuid::Uuid,
        from_status: &'a T3,
        any_version: &'a bool,
        versions: &'a T4,
    ) -> CloseOrderQuery<'c, 'a, 's, C, CloseOrder, 6> {
        CloseOrderQuery {
            client,
            params: [to_status, tenant_id, id, from_status, any_version, versions],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row: &tokio_postgres::Row| -> Result<CloseOrder, tokio_postgres::Error> {
                Ok(CloseOrder {
                    version: row.try_get(0)?,
                    total_cents: row.try_get(1)?,
                    updated_at: row.try_get(2)?,
                })
            },
            mapper: |it| CloseOrder::from(it),
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
    T3: crate::StringSql,
    T4: crate::ArraySql<Item = i32>,
>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        CloseOrderParams<T1, T2, T3, T4>,
        CloseOrderQuery<'c, 'a, 's, C, CloseOrder, 6>,
        C,
    > for CloseOrderStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a CloseOrderParams<T1, T2, T3, T4>,
    ) -> CloseOrderQuery<'c, 'a, 's, C, CloseOrder, 6> {
        self.bind(
            client,
            &params.to_status,
            &params.tenant_id,
            &params.id,
            &params.from_status,
            &params.any_version,
            &params.versions,
        )
    }
}
